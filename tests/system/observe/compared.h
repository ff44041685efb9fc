// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "child.h"

namespace flowtap::system_test {

// Prints the CPU times of a program that ran alone and observed, for the table of scripts/differential.sh.
void print_times(const std::string& program, const Child& alone, const Child& observed);

}  // namespace flowtap::system_test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "process/process_facts.h"

namespace flowtap {

enum class CLibrary { kGlibc, kMusl };

// Which C library a process has loaded, by the name of its file. nullopt: another one, or it is linked in.
std::optional<CLibrary> c_library(const ProcessFacts& facts);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "machine/machine_facts.h"

namespace flowtap {

// Tries every mechanism on a process that it starts for this purpose. Calls report() with the result before
// it detaches, because detaching takes long.
void try_mechanisms(const std::function<void(const MachineFacts&)>& report);

}  // namespace flowtap

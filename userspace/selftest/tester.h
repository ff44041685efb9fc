// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "machine/machine_facts.h"

namespace flowtap {

// Tries every mechanism on a process that it starts for that. Calls tell() with the result before it
// detaches, since detaching takes long.
void try_mechanisms(const std::function<void(const MachineFacts&)>& tell);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace flowtap {

// The kernel tells times of its own monotonic clock; a time namespace may shift that of the processes in it.
// Errors: kEnvironment where this process's clocks are shifted.
Result<void> check_time_namespace(const std::string& proc_root = "/proc");

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace flowtap {

// The kernel reports times of its own monotonic clock, but a time namespace may shift the clock of its
// processes. Errors: kEnvironment if this process's clocks are shifted.
Result<void> check_time_namespace(const std::string& proc_root = "/proc");

}  // namespace flowtap

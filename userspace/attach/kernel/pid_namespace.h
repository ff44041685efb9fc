// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace flowtap {

// Whether processes have the same numbers here as in the kernel's programs, which know those of the initial
// PID namespace: elsewhere every probe would fire for a process that nobody chose, and nothing would be
// counted. Errors: kEnvironment, for this process in another PID namespace, or with the /proc of another.
Result<void> check_pid_namespace(const std::string& proc_root = "/proc");

}  // namespace flowtap

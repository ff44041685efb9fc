// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace flowtap {

// Checks that PIDs here are those of the kernel's programs, which use the initial PID namespace. In another
// namespace, every probe would fire for a process that was not selected, and nothing would be counted.
// Errors: kEnvironment if this process or its /proc belongs to another PID namespace.
Result<void> check_pid_namespace(const std::string& proc_root = "/proc");

}  // namespace flowtap

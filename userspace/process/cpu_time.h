// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>

namespace flowtap {

// CPU time that a process used, all its threads together; nullopt where there is no such process.
std::optional<double> cpu_seconds_of(pid_t pid);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace flowtap {

// CPU time that all threads of a process together have used, in nanoseconds; nullopt: there is no such
// process. While this stays the same, nothing in the process can have changed.
std::optional<std::uint64_t> cpu_time_of(pid_t pid);
// The same in seconds.
std::optional<double> cpu_seconds_of(pid_t pid);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace flowtap {

// How long all threads of a process have run, in nanoseconds; nullopt: it is gone. While this stays the same,
// nothing in the process can have changed.
std::optional<std::uint64_t> cpu_time_of(pid_t pid);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace flowtap {

// CLOCK_MONOTONIC in nanoseconds: the clock of bpf_ktime_get_ns() and so of every event.
inline std::uint64_t monotonic_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

// The Unix clock, in seconds. Use it for output to people and for Prometheus' timestamps, never for
// durations.
inline double unix_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace flowtap

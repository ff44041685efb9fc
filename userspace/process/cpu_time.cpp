// SPDX-License-Identifier: Apache-2.0
#include "process/cpu_time.h"

#include <ctime>

namespace flowtap {

std::optional<std::uint64_t> cpu_time_of(pid_t pid) {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    clockid_t clock = 0;
    timespec time = {};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

std::optional<double> cpu_seconds_of(pid_t pid) {
    const std::optional<std::uint64_t> time = cpu_time_of(pid);
    if (!time) return std::nullopt;
    return static_cast<double>(*time) * 1e-9;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "process/cpu_time.h"

#include <ctime>

namespace flowtap {

std::optional<double> cpu_seconds_of(pid_t pid) {
    clockid_t clock = 0;
    timespec time = {};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace flowtap

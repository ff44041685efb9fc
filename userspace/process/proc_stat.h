// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flowtap {

// The fields of /proc/PID/stat (proc_pid_stat(5)) that say what a process is.
struct ProcStat {
    char state = '?';
    std::uint64_t flags = 0;        // PF_* of the kernel's sched.h
    std::uint64_t start_ticks = 0;  // since boot, in clock ticks

    [[nodiscard]] bool zombie() const { return state == 'Z' || state == 'X'; }
    [[nodiscard]] bool kernel_thread() const { return (flags & 0x00200000) != 0; }  // PF_KTHREAD
};

// nullopt where the text has another form. The command name may hold blanks and parentheses.
std::optional<ProcStat> parse_proc_stat(std::string_view text);

}  // namespace flowtap

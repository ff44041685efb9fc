// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <vector>

#include "targets/watched_process.h"

namespace flowtap {

// All processes that flowtap knows about, by PID. No other container holds this.
class ProcessTable {
public:
    // Null: nothing is known about the PID.
    [[nodiscard]] WatchedProcess* find(pid_t pid);
    [[nodiscard]] const WatchedProcess* find(pid_t pid) const;
    [[nodiscard]] ProcessState state_of(pid_t pid) const;
    // Adds a candidate if nothing is known about the PID.
    WatchedProcess& entry(pid_t pid);
    // Removes the entry if nothing is known about it afterwards; references to it become invalid.
    void apply(pid_t pid, ProcessEvent event);
    void forget_overhead(pid_t pid);

    // Null if the process has no probes.
    [[nodiscard]] Target* target(pid_t pid);
    [[nodiscard]] const Target* target(pid_t pid) const;
    [[nodiscard]] std::size_t target_count() const;
    // All targets in order of PID. Valid until an entry is added or removed.
    [[nodiscard]] std::vector<std::reference_wrapper<Target>> targets();
    [[nodiscard]] std::vector<std::reference_wrapper<const Target>> targets() const;
    [[nodiscard]] std::vector<std::reference_wrapper<WatchedProcess>> all();
    [[nodiscard]] std::vector<std::reference_wrapper<const WatchedProcess>> all() const;
    [[nodiscard]] std::vector<pid_t> pids(const std::function<bool(const WatchedProcess&)>& wanted) const;

private:
    std::map<pid_t, WatchedProcess> processes_;
};

}  // namespace flowtap

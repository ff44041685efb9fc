// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <vector>

#include "targets/watched_process.h"

namespace flowtap {

// Every process of which something is known, by its PID. The only place where that is kept.
class ProcessTable {
public:
    // Null: nothing is known of it.
    [[nodiscard]] WatchedProcess* find(pid_t pid);
    [[nodiscard]] const WatchedProcess* find(pid_t pid) const;
    [[nodiscard]] ProcessState state_of(pid_t pid) const;
    // A candidate where nothing was known of it.
    WatchedProcess& entry(pid_t pid);
    // An entry of which nothing is known any more is removed, and references to it with that.
    void apply(pid_t pid, ProcessEvent event);
    void forget_overhead(pid_t pid);

    // Null where the process has no probes.
    [[nodiscard]] Target* target(pid_t pid);
    [[nodiscard]] const Target* target(pid_t pid) const;
    [[nodiscard]] std::size_t target_count() const;
    // All in the order of PIDs. Valid until an entry is added or removed.
    [[nodiscard]] std::vector<std::reference_wrapper<Target>> targets();
    [[nodiscard]] std::vector<std::reference_wrapper<const Target>> targets() const;
    [[nodiscard]] std::vector<std::reference_wrapper<WatchedProcess>> all();
    [[nodiscard]] std::vector<std::reference_wrapper<const WatchedProcess>> all() const;
    [[nodiscard]] std::vector<pid_t> pids(const std::function<bool(const WatchedProcess&)>& wanted) const;

private:
    std::map<pid_t, WatchedProcess> processes_;
};

}  // namespace flowtap

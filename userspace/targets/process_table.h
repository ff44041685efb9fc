// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <ranges>
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
    // Both in the order of PIDs. Valid until an entry is added or removed.
    [[nodiscard]] auto targets() {
        return processes_ | std::views::values |
               std::views::filter([](const WatchedProcess& one) { return one.target.has_value(); }) |
               std::views::transform([](WatchedProcess& one) -> Target& { return *one.target; });
    }
    [[nodiscard]] auto targets() const {
        return processes_ | std::views::values |
               std::views::filter([](const WatchedProcess& one) { return one.target.has_value(); }) |
               std::views::transform([](const WatchedProcess& one) -> const Target& { return *one.target; });
    }
    [[nodiscard]] auto all() { return processes_ | std::views::values; }
    [[nodiscard]] auto all() const { return processes_ | std::views::values; }
    [[nodiscard]] std::vector<pid_t> pids(const std::function<bool(const WatchedProcess&)>& wanted) const;

private:
    std::map<pid_t, WatchedProcess> processes_;
};

}  // namespace flowtap

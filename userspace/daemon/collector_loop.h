// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/collector.h"
#include "daemon/event_loop.h"
#include "daemon/target_finder.h"
#include "discovery/discovery.h"
#include "exporter/metrics/metrics.h"

namespace flowtap {

// One turn of the event loop, in the same order for `run`, `top`, `trace` and `plan --measure`. Loop thread
// only.
class CollectorLoop {
public:
    // What the host adds. All but `log` may be empty.
    struct Hooks {
        std::function<void(const std::string& line)> log;
        TargetFinder::OnAttached attached = {};
        std::function<void()> before_turn = {};  // 20 times a second, and when the kernel wakes the loop
        std::function<void()> after_turn = {};
        std::function<void()> after_poll = {};  // once a second
    };

    // The metrics must outlive the loop.
    CollectorLoop(std::unique_ptr<Collector> collector, Discovery discovery, Metrics& metrics, Hooks hooks);
    // Detaches from all targets before anything else is destroyed.
    ~CollectorLoop();
    CollectorLoop(const CollectorLoop&) = delete;
    CollectorLoop& operator=(const CollectorLoop&) = delete;

    [[nodiscard]] Collector& collector() { return *collector_; }
    [[nodiscard]] TargetFinder& finder() { return finder_; }

    // Attaches to the named processes, and to those that a search finds now. Calls `meanwhile` between turns.
    // Errors: as TargetFinder::choose().
    Result<void> attach(const std::vector<pid_t>& named, const std::function<void()>& meanwhile = {});
    // Has the event loop call turn() and poll() from now on.
    Result<void> start(EventLoop& loop);

    // Receives events, and spends at most 20 ms on each kind of work that can wait.
    void turn();
    void poll();

    // Releases the targets that are no longer wanted. Processes of the named PIDs are attached to again after
    // each exec.
    void keep_only(const std::function<bool(pid_t)>& wanted, std::vector<pid_t> named);
    // Re-attaches to the targets for which the current profiles ask for other points.
    void compare_with_profiles();
    void choose_or_log(pid_t pid);

private:
    void log(const std::string& line) { hooks_.log(line); }
    void keep_within_budget();
    void compare_some();
    void attach_again();
    [[nodiscard]] bool is_named(pid_t pid) const;

    std::unique_ptr<Collector> collector_;
    Metrics& metrics_;
    const Hooks hooks_;
    TargetFinder finder_;
    std::vector<pid_t> named_;
    bool some_to_compare_ = false;  // see WatchedProcess::to_be_compared
    bool some_detached_ = false;    // in state `detached`
};

}  // namespace flowtap

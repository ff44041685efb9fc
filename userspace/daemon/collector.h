// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attach/attacher.h"
#include "base/result.h"
#include "daemon/collector_statistics.h"
#include "daemon/event_pump.h"
#include "daemon/overhead_watch.h"
#include "daemon/target_extender.h"
#include "daemon/target_registry.h"
#include "exporter/metrics/metrics.h"
#include "privilege/give_up.h"
#include "profile/profile.h"
#include "targets/process_table.h"
#include "targets/target_planner.h"

namespace flowtap {

// Joins the parts that collect and calls them in order: a registry of targets, a pump for their events, and
// statistics. Everything but reports() is called on the event loop's thread.
class Collector {
public:
    // metrics must outlive the collector. Errors: as BpfObject::load(); kEnvironment also if the machine's
    // mechanisms could not be tried.
    static Result<std::unique_ptr<Collector>> make(BpfObject::Options options,
                                                   const std::vector<Profile>& profiles, Metrics& metrics,
                                                   const PlanSettings& settings);

    [[nodiscard]] TargetRegistry& registry() { return *registry_; }
    [[nodiscard]] OverheadWatch& overhead() { return *overhead_; }
    [[nodiscard]] const OverheadWatch& overhead() const { return *overhead_; }
    [[nodiscard]] ProcessTable& processes() { return processes_; }
    [[nodiscard]] const ProcessTable& processes() const { return processes_; }

    // The privileges needed to attach to further targets.
    [[nodiscard]] LaterNeeds later_needs() const;
    // As EventPump::check().
    [[nodiscard]] Result<void> check() const { return pump_->check(); }
    // As TargetPlanner::idle_interpreter().
    Result<std::optional<IdleInterpreter>> idle_interpreter(pid_t pid) {
        return planner_.idle_interpreter(pid);
    }
    // Later plans use these profiles; existing attachments stay.
    void replace_profiles(std::vector<Profile> profiles, const PlanWishes& wishes);

    // Whether the kernel reports forks and execs of all processes, or only of targets.
    void watch_starts(bool all) { pump_->kernel().watch_starts(all); }
    // Processes that started since the last call, and how many starts were lost in total.
    std::vector<ft_start> take_starts() { return pump_->take_starts(); }
    [[nodiscard]] std::uint64_t starts_lost() const { return pump_->kernel().starts_lost(); }

    [[nodiscard]] int event_fd() const { return pump_->kernel().event_fd(); }
    // Applies all waiting events to the metrics.
    void drain() { registry_->drain(); }
    // Adds functions that targets have imported or defined since their last plan. Takes at most 20 ms.
    void extend_targets(std::uint64_t now_ns) { extender_->extend_targets(now_ns); }
    // Call about once a second. Handles targets that ended unnoticed, probes that were lost, claims and
    // overhead.
    void poll_targets();
    void publish_statistics();

    // Each batch of outcomes also goes to this observer.
    void on_outcomes(std::function<void(std::span<const Outcome>)> observer) {
        pump_->on_outcomes(std::move(observer));
    }
    void note_dropped_log_lines(std::uint64_t total) { statistics_.counts().log_lines_dropped = total; }
    void note_pod_watch(const PodWatchStats& stats) { statistics_.counts().pod_watch = stats; }
    // Call once for each load of the configuration. now_s: seconds of the Unix clock.
    void note_reload(bool successful, double now_s);
    // As of the last publish_statistics().
    [[nodiscard]] std::uint64_t events_lost() const { return statistics_.counts().events_lost.total(); }

    [[nodiscard]] bool attached(pid_t pid) const { return processes_.target(pid) != nullptr; }

private:
    Collector(const std::vector<Profile>& profiles, Metrics& metrics, const PlanSettings& settings);

    // In this order because each part is destroyed before those that it uses.
    Metrics& metrics_;
    CollectorStatistics statistics_;
    TargetPlanner planner_;
    std::unique_ptr<EventPump> pump_;
    std::unique_ptr<Attacher> attacher_;
    ProcessTable processes_;
    std::unique_ptr<OverheadWatch> overhead_;
    std::unique_ptr<TargetRegistry> registry_;
    std::unique_ptr<TargetExtender> extender_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attach/attacher.h"
#include "attach/code_pages.h"
#include "base/result.h"
#include "daemon/collector_statistics.h"
#include "daemon/event_pump.h"
#include "daemon/overhead_watch.h"
#include "exporter/metrics/metrics.h"
#include "exporter/views/status_report.h"
#include "profile/profile.h"
#include "targets/process_table.h"
#include "targets/refusals.h"
#include "targets/target_names.h"
#include "targets/target_planner.h"

namespace flowtap {

// Attaches to processes and releases them. Makes the transitions of WatchedProcess between candidate,
// attached and detached. Loop thread only, except reports().
class TargetRegistry {
public:
    // All must outlive the registry.
    struct Parts {
        ProcessTable& processes;
        Attacher& attacher;
        EventPump& pump;
        OverheadWatch& overhead;
        CollectorStatistics& statistics;
        Metrics& metrics;
    };
    TargetRegistry(const Parts& parts, TargetPlanner& planner);

    // Call before the first target.
    void use_names(TargetNames names) { names_ = std::move(names); }
    // Call after pod metadata changed. Applies to executions that start from now on.
    void rename_targets();

    // Attaches to a process that fits a profile. An earlier attachment under the same PID is retired first.
    // Errors: as TargetPlanner::plan() and Attacher::attach().
    Result<void> add(pid_t pid);
    // Attaches to a forked child of a target, with its parent's plan.
    Result<void> add_copy(pid_t pid, pid_t parent);
    // Removes the inherited breakpoints from a forked child that is not to be a target.
    void restore_copy(pid_t pid, pid_t parent);

    // Why the last add() or add_copy() failed.
    [[nodiscard]] AttachFailure last_failure() const { return last_failure_; }
    // Only counts the failure; the caller logs it.
    void count_failure(AttachFailure reason) { ++counts().attach_failures[reason]; }
    // Counts a copy of a target that ended before flowtap attached to it.
    void count_copy_gone(pid_t parent);
    // Counts a copy of a target that flowtap attached to gap_ns after its fork.
    void count_late_copy(pid_t pid, std::uint64_t gap_ns);
    // Counts a refusal, logs it once per program, and reports it until the process is attached to or ends.
    void note_refusal(pid_t pid, AttachFailure reason, const Error& error);

    // A fork or an exec gave the PID to a new program.
    void note_start(pid_t pid) { apply_and_report(pid, ProcessEvent::kStarted); }
    // A waiting or detached process ended or is no longer wanted.
    void forget(pid_t pid) { apply_and_report(pid, ProcessEvent::kForgotten); }
    // Notes a program whose exit or exec is in the events that are being read.
    void note_end(std::uint32_t tgid, std::uint64_t time_ns);
    // The program has ended: its report stays on the status page for a while.
    void retire(pid_t pid);

    // Reads all events, and retires the targets that reported their end.
    void drain();
    // Detaches from a process that lives on. Its open executions are counted as left_at_detach.
    void release(pid_t pid, bool attach_again);
    // Updates the released processes whose last probe is gone. Returns true if some must be attached to
    // again.
    bool note_detached();
    // Counts the executions of a process without probes as left_at_detach.
    void forget_executions(pid_t pid);
    // Detaches from every process. No events arrive after that.
    void detach_all();

    // Retires targets that ended without an event, which the kernel may drop like any other. Checks all
    // processes only every 30 s, or when a lifecycle event was lost. The first call notes who has ended,
    // before the events are drained; the second retires them.
    struct Vanished {
        pid_t pid;
        std::uint64_t start_ticks;
    };
    [[nodiscard]] std::vector<Vanished> find_vanished(std::uint64_t now_ns);
    void end_vanished(const std::vector<Vanished>& vanished);

    // Counts the executable pages of each process.
    void count_code_pages();
    // As of the last count_code_pages(); 0 if unknown then.
    [[nodiscard]] std::uint32_t code_pages(pid_t pid) const;
    // Time of the last count; 0: none yet.
    [[nodiscard]] std::uint64_t code_pages_ns() const { return code_pages_ns_; }

    // Whether the current profiles ask for other points in an attached process than its plan has.
    [[nodiscard]] bool is_outdated(pid_t pid);
    // Whether the process is attached to with a plan made after this moment.
    [[nodiscard]] bool planned_since(pid_t pid, std::uint64_t time_ns) const;

    // Describes the plan's points to the parts that count their executions.
    void describe_points(const Plan& plan);
    // Counts executions that are on a thread's stack and began before these functions were known.
    void note_under_way(const Target& target, const std::function<bool(const PlannedCode&)>& wanted);
    void count_started(const Started& started);

    void log(std::string line) { log_lines_.push_back(std::move(line)); }
    std::vector<std::string> take_log_lines() { return std::exchange(log_lines_, {}); }

    [[nodiscard]] TargetReport report(pid_t pid) const;
    void outdate_reports() { reports_outdated_ = true; }
    void publish_reports();
    // All targets, as of the last publish_reports(). Any thread.
    [[nodiscard]] std::vector<TargetReport> reports() const;

private:
    [[nodiscard]] CollectorStats& counts() { return parts_.statistics.counts(); }
    Result<void> attach(Result<PlannedTarget> planned);
    void keep(PlannedTarget planned, Attachment attachment);
    [[nodiscard]] bool ran_before(pid_t pid, std::uint64_t time_ns) const;
    void apply_and_report(pid_t pid, ProcessEvent event);
    void forget_ended_refusals();
    Error fail(AttachFailure reason, const Error& error);

    const Parts parts_;
    TargetPlanner& planner_;
    TargetNames names_;
    AttachFailure last_failure_ = AttachFailure::kOther;
    LoggedRefusals logged_refusals_;
    std::vector<pid_t> ending_;  // in state `ending`
    CodePages code_pages_;
    std::uint64_t code_pages_ns_ = 0;
    std::uint64_t lifecycle_lost_ = 0;
    std::uint64_t next_liveness_check_ns_ = 0;
    std::vector<std::string> log_lines_;
    std::deque<TargetReport> gone_;  // the latest, for the status page
    bool reports_outdated_ = false;
    mutable std::mutex reports_mutex_;
    std::vector<TargetReport> reports_;
};

}  // namespace flowtap

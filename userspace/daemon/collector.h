// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attach/attacher.h"
#include "attach/kernel/bpf_object.h"
#include "base/result.h"
#include "budget/measured_cost.h"
#include "budget/target_overhead.h"
#include "daemon/own_stacks.h"
#include "daemon/recent_peak.h"
#include "exporter/metrics/metrics.h"
#include "pipeline/critical_paths.h"
#include "pipeline/execution_tracker.h"
#include "pipeline/late_ends.h"
#include "plan/planner.h"
#include "privilege/give_up.h"
#include "profile/profile.h"
#include "targets/plan_changes.h"
#include "targets/refusals.h"
#include "targets/relook_budget.h"
#include "targets/target.h"
#include "targets/target_names.h"
#include "targets/target_planner.h"

namespace flowtap {

// The pipeline: targets -> BPF -> decoder -> tracker -> metrics. Everything but reports() runs on the event
// loop's thread.
class Collector {
public:
    // metrics must outlive the collector. Errors: as BpfObject::load(); kEnvironment also where the machine's
    // mechanisms could not be tried.
    static Result<std::unique_ptr<Collector>> make(BpfObject::Options options, std::vector<Profile> profiles,
                                                   Metrics& metrics, const PlanSettings& settings);
    ~Collector();

    // Before the first target.
    void use_names(TargetNames names) { names_ = std::move(names); }
    // After what the names come from has changed. Executions that start from now on are the renamed target's.
    void rename_targets();
    // As BpfObject::check().
    [[nodiscard]] Result<void> check() const { return bpf_->check(); }
    void note_dropped_log_lines(std::uint64_t total) { stats_.log_lines_dropped = total; }
    void note_pod_watch(const PodWatchStats& stats) { stats_.pod_watch = stats; }

    // The privileges that attaching to further targets needs.
    [[nodiscard]] LaterNeeds later_needs() const;

    // Attaches to a process that fits a profile. An earlier attachment under the same PID is released first.
    // Errors: as TargetPlanner::plan() and Attacher::attach().
    Result<void> add_target(pid_t pid);
    // The same for a forked child of a target, with its parent's plan.
    Result<void> add_copy(pid_t pid, pid_t of);
    // As TargetPlanner.
    Result<std::optional<IdleInterpreter>> idle_interpreter(pid_t pid) {
        return planner_.idle_interpreter(pid);
    }
    // Removes the inherited breakpoints from a forked child that is not to be a target.
    void leave_copy_alone(pid_t pid, pid_t of);

    // Why the last add_target() or add_copy() failed.
    [[nodiscard]] AttachFailure last_failure() const { return last_failure_; }
    // Only counts the failure: the caller reports it.
    void count_failure(AttachFailure reason) { ++stats_.attach_failures[reason]; }
    // Counts a refusal, logs it once per program, and shows it until the process is attached to or ends.
    void note_refusal(pid_t pid, AttachFailure reason, const Error& error);
    void forget_refusal(pid_t pid);

    // Whether the kernel reports forks and execs of all processes, or only of targets.
    void watch_starts(bool all) { bpf_->watch_starts(all); }
    // Processes that were started since the last call; and how many starts were lost in total.
    std::vector<ft_start> take_starts() { return std::exchange(starts_, {}); }
    [[nodiscard]] std::uint64_t starts_lost() const { return bpf_->starts_lost(); }

    // The process's count of mapped code pages as of the last look_after_targets(); 0: not known then.
    [[nodiscard]] std::uint32_t code_pages(pid_t pid) const;
    // When that was taken; 0: not yet.
    [[nodiscard]] std::uint64_t code_pages_ns() const { return code_pages_ns_; }

    // Limits the CPU time that probes may add to a target, as a share of its own; nullopt (and the default):
    // no limit.
    void limit_overhead(std::optional<double> most);
    // Targets whose plans have to change to stay within the limit: they are to be released and attached
    // again.
    struct BudgetNews {
        pid_t pid;
        BudgetDecision decision;
    };
    std::vector<BudgetNews> take_budget_news() { return std::exchange(budget_news_, {}); }

    // Hits since the attach; empty if the process is not attached to.
    [[nodiscard]] std::vector<ProbeUse> probe_use(pid_t pid) const;

    // Log lines about targets that were extended since the last call.
    std::vector<std::string> take_news() { return std::exchange(news_, {}); }

    // Later plans use these profiles; existing attachments stay.
    void replace_profiles(std::vector<Profile> profiles);
    // Whether the current profiles would plan other points for an attached process than it has.
    [[nodiscard]] bool outdated(pid_t pid);
    // Detaches from a process that goes on running; its open executions are counted as left_at_detach.
    void release(pid_t pid);
    // Returns, once each, the released PIDs whose probes are all detached: they may be attached again.
    std::vector<pid_t> released();

    // Whether the process was released and still has probes.
    [[nodiscard]] bool leaving(pid_t pid) const;

    // Once per load of the configuration; seconds of the Unix clock.
    void note_reload(bool successful, double now_s);

    // Each batch of outcomes also goes there, before it is dropped.
    void on_outcomes(std::function<void(std::span<const Outcome>)> observer) {
        observer_ = std::move(observer);
    }
    // As of the last publish_statistics().
    [[nodiscard]] std::uint64_t events_lost() const { return stats_.events_lost.total(); }

    [[nodiscard]] int event_fd() const { return bpf_->event_fd(); }
    // Moves every waiting event into the metrics.
    void drain();
    // Adds functions that targets have imported or defined since, for at most 20 ms.
    void extend_targets(std::uint64_t now_ns);
    // Slow work: targets that ended unnoticed, own statistics.
    void look_after_targets();
    void publish_statistics();

    // Detaches from every process: no more events arrive.
    void detach_all();

    [[nodiscard]] bool attached(pid_t pid) const;
    // Whether the process is attached to with a plan made after this moment.
    [[nodiscard]] bool planned_since(pid_t pid, std::uint64_t time_ns) const;
    [[nodiscard]] std::vector<pid_t> attached_pids() const;
    // Of an attached process; empty for any other.
    [[nodiscard]] TargetReport report(pid_t pid) const;
    // All, as of the last publish_statistics(). Any thread.
    [[nodiscard]] std::vector<TargetReport> reports() const;

private:
    // collector_targets.cpp: add_target() to released(), and queries about targets; collector_changes.cpp:
    // extend_targets(), rename_targets(), and targets that change or end.
    Collector(std::vector<Profile> profiles, Metrics& metrics, const PlanSettings& settings);

    struct Ending {
        std::uint32_t tgid;
        std::uint64_t time_ns;
    };
    struct Vanished {
        std::uint32_t tgid;
        std::uint64_t start_ticks;
    };
    // collector_overhead.cpp
    [[nodiscard]] Reductions reductions_of(pid_t pid) const;
    void expect_overhead(const Plan& plan);
    void forget_overhead(std::uint32_t tgid);
    void note_overhead(Target& target, std::uint64_t now_ns);
    void watch_overhead(std::uint64_t now_ns);
    void sum_overhead();

    Result<void> attach(Result<PlannedTarget> planned);
    void describe_points(const Plan& plan);
    void receive(std::span<const std::byte> record);
    void receive_late(std::span<const std::byte> record, std::uint64_t told_by);
    void enter(const std::vector<EndEvent>& ends);
    void erase_open(const ft_open_key& key, std::uint64_t begin_ns);
    void read_events();
    void apply(const Event& event);
    bool may_be_switch(const LeftEvent& event);
    void fold();
    void find_critical_paths();
    void end_target(std::uint32_t tgid, std::uint64_t time_ns);
    void retire(std::uint32_t tgid);
    void count_code_pages();
    void forget(pid_t pid);
    void count_open_executions();
    void measure_tables();
    [[nodiscard]] bool ran_before(std::uint32_t tgid, std::uint64_t time_ns) const;
    std::vector<Vanished> vanished_targets(std::uint64_t now_ns);
    void forget_gone_refusals();
    void end_vanished(const Vanished& vanished);
    void replace_lost_probes();
    void look_for_interpreters(Target& target, const Plan& newer);
    [[nodiscard]] bool may_look(Target& target, std::uint64_t now_ns) const;
    void look_again(Target& target);
    static void look_later(Target& target);
    void extend(Target& target, Plan newer);
    void compare_claims(std::uint64_t now_ns);
    void count_points();
    void count_started(const Started& started);
    PointStats& stats_of(const std::string& profile, const std::string& point);
    void know_points(const std::vector<Profile>& profiles);
    Error fail(AttachFailure reason, const Error& error);
    void say_what_ran(const Plan& before, const Plan& newer, const Memory& memory);
    void note_extended(Target& target);
    void say_not_extended(Target& target, AttachFailure reason, const Error& error);
    // Executions of these functions that a thread is in, and began before the probes knew them.
    void note_under_way(const Target& target, const std::function<bool(const PlannedCode&)>& wanted);
    void publish_reports();
    [[nodiscard]] ProbeStats probe_stats(std::uint32_t number) const;

    TargetPlanner planner_;
    Metrics& metrics_;
    TargetNames names_;
    std::unique_ptr<BpfObject> bpf_;
    std::unique_ptr<Attacher> attacher_;
    std::map<std::uint32_t, Target> targets_;  // by tgid; destroyed before what they are attached with
    std::vector<pid_t> leaving_;               // released, with probes still to be taken out
    ExecutionTracker tracker_;
    CriticalPaths critical_paths_;
    OwnStacks own_stacks_;
    std::vector<Outcome> outcomes_;
    std::function<void(std::span<const Outcome>)> observer_;
    std::vector<ft_start> starts_;
    std::vector<std::string> news_;
    LateEnds late_ends_;
    std::vector<Doubt> doubts_;
    RecentPeak buffer_peak_;
    std::uint64_t next_open_count_ns_ = 0;
    std::vector<Ending> ended_targets_;
    std::optional<double> most_overhead_;
    std::map<std::uint32_t, TargetOverhead> overheads_;  // by tgid; they outlive an attachment
    double overhead_of_gone_ = 0;                        // seconds
    std::uint64_t next_overhead_ns_ = 0;
    std::vector<BudgetNews> budget_news_;
    CodePages code_pages_;
    std::uint64_t code_pages_ns_ = 0;
    std::deque<TargetReport> gone_;  // the latest, for the status page
    CollectorStats stats_;
    AttachFailure last_failure_ = AttachFailure::kOther;
    Refusals refusals_;
    RelookBudget relook_;
    std::uint32_t last_looked_at_ = 0;                                       // a target, by tgid
    std::map<std::uint32_t, std::string> point_names_;                       // by the attacher's numbers
    std::map<std::pair<std::string, std::string>, PointStats> point_stats_;  // by profile and point
    std::map<std::uint32_t, PointStats*> stats_of_points_;                   // by the attacher's numbers
    std::uint64_t lifecycle_lost_ = 0;
    std::uint64_t next_roll_call_ns_ = 0;
    bool reports_outdated_ = false;
    mutable std::mutex reports_mutex_;
    std::vector<TargetReport> reports_;
};

}  // namespace flowtap

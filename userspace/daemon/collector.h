// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "attach/attacher.h"
#include "attach/bpf_object.h"
#include "daemon/target.h"
#include "exporter/metrics.h"
#include "pipeline/execution_tracker.h"
#include "plan/planner.h"
#include "profile/profile.h"
#include "result.h"

namespace flowtap {

// The pipeline: targets -> BPF -> decoder -> tracker -> metrics. All of it runs on the event loop's thread,
// but for reports().
class Collector {
public:
    // metrics must outlive the collector.
    static Result<std::unique_ptr<Collector>> make(const BpfObject::Options& options,
                                                   std::vector<Profile> profiles, Metrics& metrics,
                                                   const PlanSettings& settings);
    ~Collector();

    // Attaches; the process must fit a profile. Errors: as plan_process() and Attacher::attach(); also
    // counted.
    Result<void> add_target(pid_t pid);

    // Later plans use these; what is attached stays.
    void replace_profiles(std::vector<Profile> profiles) { profiles_ = std::move(profiles); }
    // Whether the profiles in use ask for other points in an attached process than it is attached with.
    [[nodiscard]] bool outdated(pid_t pid) const;
    // Detaches from a process that lives on; what it has under way is counted as left_at_detach.
    void release(pid_t pid);
    // The released ones whose last probe is out by now, each once: they may be attached again.
    std::vector<pid_t> released();

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
    // The slow rounds: deferred ends, targets that went away unseen, functions imported since, own
    // statistics.
    void look_after_targets();
    void publish_statistics();

    // Takes every probe out of every process: nothing is received any more.
    void detach_all();

    [[nodiscard]] bool attached(pid_t pid) const;
    [[nodiscard]] std::vector<pid_t> attached_pids() const;
    // Any thread.
    [[nodiscard]] std::vector<TargetReport> reports() const;

private:
    Collector(std::vector<Profile> profiles, Metrics& metrics, const PlanSettings& settings)
        : profiles_(std::move(profiles)), settings_(settings), metrics_(metrics) {}

    Result<Plan> plan(pid_t pid, std::string& command) const;
    void describe_points(const Plan& plan);
    void receive(std::span<const std::byte> record);
    void apply(const Event& event);
    void fold();
    void retire(std::uint32_t tgid);
    void forget(pid_t pid);
    void collect_deferred_ends();
    void retire_vanished(std::uint64_t now_ns);
    void extend_targets();
    void publish_reports();
    [[nodiscard]] ProbeStats probe_stats(std::uint32_t number) const;

    std::vector<Profile> profiles_;
    PlanSettings settings_;
    Metrics& metrics_;
    std::unique_ptr<BpfObject> bpf_;
    std::unique_ptr<Attacher> attacher_;
    std::map<std::uint32_t, Target> targets_;  // by tgid; destroyed before what they are attached with
    std::vector<pid_t> leaving_;               // released, with probes still to be taken out
    ExecutionTracker tracker_;
    std::vector<Outcome> outcomes_;
    std::function<void(std::span<const Outcome>)> observer_;
    std::vector<std::uint32_t> ended_targets_;
    CollectorStats stats_;
    std::uint64_t deferred_seen_ = 0;
    mutable std::mutex reports_mutex_;
    std::vector<TargetReport> reports_;
};

}  // namespace flowtap

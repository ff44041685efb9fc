// SPDX-License-Identifier: Apache-2.0
// Which processes the daemon is attached to.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "budget/decision_text.h"
#include "daemon/daemon.h"
#include "daemon/turn_budget.h"
#include "process/whereabouts.h"

namespace flowtap {
namespace {

constexpr std::chrono::milliseconds kPodsPatience{1000};  // at the start, for the first list of pods

}  // namespace

// Names before targets: series that begin with the right ones need not change. Where the API server does not
// answer, counting is worth more.
Result<void> Daemon::watch_pods() {
    const RunOptions& options = settings_.options;
    const std::string node = options.kubernetes_node.empty() ? node_name() : options.kubernetes_node;
    collector_->use_names(TargetNames(node));
    if (!options.kubernetes_api) return {};
    Result<ClusterAccess> access = cluster_access(options.kubernetes_credentials, node);
    if (!access) return access.error();
    Result<std::unique_ptr<PodWatcher>> pods = PodWatcher::start(std::move(*access));
    if (!pods) return pods.error();
    pods_ = std::move(*pods);
    collector_->use_names(TargetNames(node, [this](const std::string& uid) { return pods_->find(uid); }));
    (void)pods_->wait_for_list(kPodsPatience);
    hear_of_pods();
    return {};
}

void Daemon::hear_of_pods() {
    if (pods_ == nullptr) return;
    for (const std::string& line : pods_->take_news()) log_.say(line);
    collector_->note_pod_watch(pods_->statistics());
    if (std::exchange(pods_version_, pods_->version()) != pods_version_) collector_->rename_targets();
}

Result<void> Daemon::attach_named() {
    for (pid_t pid : settings_.options.pids)
        if (Result<void> done = finder_->choose(pid); !done) return done;
    return {};
}

void Daemon::say_attached(const Prospect& prospect, std::optional<std::uint64_t> gap_ns) {
    std::string line = "attached to process " + std::to_string(prospect.pid);
    if (gap_ns) {
        if (prospect.copy_of) line += ", a copy of process " + std::to_string(*prospect.copy_of);
        line += "; its first " + std::to_string(*gap_ns / 1'000'000) + " ms were not seen";
    }
    log_.say(line);
    say_unobserved(prospect.pid);
}

// Nobody should learn from missing numbers what is not observed.
void Daemon::say_unobserved(pid_t pid) {
    for (const std::string& line : collector_->report(pid).unobserved)
        log_.say("process " + std::to_string(pid) + ": not observed: " + line);
    for (const std::string& line : collector_->report(pid).inexact)
        log_.say("process " + std::to_string(pid) + ": not exact: " + line);
}

void Daemon::look_around() {
    collector_->look_after_targets();
    note_health();
    keep_within_budget();
    metrics_.expire(monotonic_ns());
    activity_.forget(monotonic_ns());
    attach_again();
    finder_->look(monotonic_ns());
    collector_->note_dropped_log_lines(log_.dropped());
    collector_->publish_statistics();
}

void Daemon::note_health() {
    constexpr const char* kSubject = "BPF objects";
    const Result<void> checked = collector_->check();
    if (checked) {
        health_.clear_reason(kSubject);
    } else {
        health_.set_reason(kSubject, checked.error().message());
    }
}

void Daemon::keep_within_budget() {
    for (const auto& [pid, decision] : collector_->take_budget_news()) {
        log_.say("process " + std::to_string(pid) + ": " + decision_text(decision));
        collector_->release(pid);
        again_.insert(pid);
    }
}

// As far as it takes 20 ms: events must be received meanwhile.
void Daemon::attach_again() {
    for (pid_t pid : collector_->released())
        if (again_.erase(pid) != 0) free_again_.push_back(pid);
    const std::uint64_t end_ns = monotonic_ns() + kLongestTurn;
    while (!free_again_.empty() && monotonic_ns() < end_ns) {
        const pid_t pid = free_again_.front();
        free_again_.pop_front();
        if (collector_->attached(pid)) continue;
        const bool chosen = std::ranges::find(settings_.options.pids, pid) != settings_.options.pids.end();
        Result<void> done = chosen ? finder_->choose(pid) : collector_->add_target(pid);
        if (!done) log_.say(done.error().message());
        if (done && !chosen) say_attached({pid, {}, 0}, {});
    }
}

void Daemon::choose_or_say(pid_t pid) {
    if (Result<void> done = finder_->choose(pid); !done) log_.say(done.error().message());
}

}  // namespace flowtap

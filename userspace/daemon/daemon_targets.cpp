// SPDX-License-Identifier: Apache-2.0
// Target labels, and what the daemon logs about its targets.
#include <chrono>
#include <utility>

#include "daemon/daemon.h"
#include "process/whereabouts.h"

namespace flowtap {
namespace {

constexpr std::chrono::milliseconds kPodsPatience{1000};  // at start, until the first list of pods

}  // namespace

// Waits for the pods' names before it attaches, so that the first series have the right labels. If the API
// server does not answer, it attaches without them: counting is more important.
Result<void> Daemon::watch_pods() {
    const RunOptions& options = settings_.options;
    const std::string node = options.kubernetes_node.empty() ? node_name() : options.kubernetes_node;
    TargetRegistry& registry = loop_->collector().registry();
    registry.use_names(TargetNames(node));
    if (!options.kubernetes_api) return {};
    Result<ClusterAccess> access = cluster_access(options.kubernetes_credentials, node);
    if (!access) return access.error();
    Result<std::unique_ptr<PodWatcher>> pods = PodWatcher::start(std::move(*access));
    if (!pods) return pods.error();
    pods_ = std::move(*pods);
    registry.use_names(TargetNames(node, [this](const std::string& uid) { return pods_->find(uid); }));
    (void)pods_->wait_for_list(kPodsPatience);
    log_pod_watcher_lines();
    return {};
}

void Daemon::log_pod_watcher_lines() {
    if (pods_ == nullptr) return;
    for (const std::string& line : pods_->take_log_lines()) log_.write(line);
    loop_->collector().note_pod_watch(pods_->statistics());
    if (std::exchange(pods_version_, pods_->version()) != pods_version_)
        loop_->collector().registry().rename_targets();
}

void Daemon::log_attached(const CandidateProcess& candidate, std::optional<std::uint64_t> gap_ns) {
    const std::string process = "process " + std::to_string(candidate.pid);
    std::string line = "attached to " + process;
    if (gap_ns) {
        if (candidate.copy_of) line += ", a copy of process " + std::to_string(*candidate.copy_of);
        line += "; its first " + std::to_string(*gap_ns / 1'000'000) + " ms were not observed";
    }
    log_.write(line);
    // Logs what is not observed, so that users need not infer it from missing series.
    const TargetReport report = loop_->collector().registry().report(candidate.pid);
    for (const std::string& text : report.unobserved) log_.write(process + ": not observed: " + text);
    for (const std::string& text : report.inexact) log_.write(process + ": not exact: " + text);
}

void Daemon::note_health() {
    constexpr const char* kSubject = "BPF objects";
    const Result<void> checked = loop_->collector().check();
    if (checked) {
        health_.clear_reason(kSubject);
    } else {
        health_.set_reason(kSubject, checked.error().message());
    }
}

}  // namespace flowtap

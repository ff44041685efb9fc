// SPDX-License-Identifier: Apache-2.0
#include "cli/watched.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "selftest/self_test.h"
#include "settings/metrics_options.h"
#include "version.h"

namespace flowtap {
namespace {

constexpr std::size_t kBusiest = 1000;  // rows of each kind: more than a screen shows, so that sorting by
                                        // another column finds its largest rows

}  // namespace

Watched::Watched(Settings settings, Discovery discovery, ActivityWindow window, Log log)
    : settings_(std::move(settings)),
      at_first_(std::move(discovery)),
      window_(window),
      log_(std::move(log)),
      metrics_(metrics_config(settings_.options)),
      bounds_(metrics_config(settings_.options).histograms.bounds) {}

Result<void> Watched::start(EventLoop& events) {
    Result<std::unique_ptr<Collector>> collector =
        Collector::make({}, settings_.profiles, metrics_,
                        PlanSettings{.wishes = settings_.options.wishes(),
                                     .running_seconds = !settings_.options.no_running_seconds,
                                     .machine = self_test()});
    if (!collector) return collector.error();
    loop_.emplace(
        std::move(*collector), std::move(at_first_), metrics_,
        CollectorLoop::Hooks{.log = log_, .attached = [this](const CandidateProcess& candidate, const auto&) {
                                 log_attached(candidate.pid);
                             }});
    if (Result<void> done = loop_->attach(settings_.options.pids); !done) return done;
    meter_.emplace(monotonic_ns(), window_);
    return loop_->start(events);
}

void Watched::log_attached(pid_t pid) {
    log_("attached to process " + std::to_string(pid));
    for (const std::string& line : loop_->collector().registry().report(pid).unobserved)
        log_("process " + std::to_string(pid) + ": not observed: " + line);
}

StatusReport Watched::report() {
    loop_->turn();
    Collector& collector = loop_->collector();
    collector.poll_targets();
    collector.publish_statistics();
    const std::uint64_t now_ns = monotonic_ns();
    const LedgerSnapshot executions = metrics_.executions();
    StatusReport report;
    report.version = kVersion;
    report.targets = collector.registry().reports();
    report.activity = meter_->measure(executions, bounds_, now_ns, kBusiest);
    const auto stats = metrics_.collector();
    report.reception = reception_of(*stats, executions);
    report.machine = stats->machine;
    return report;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "cli/watched.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "daemon/periods.h"
#include "selftest/self_test.h"
#include "settings/metrics_options.h"
#include "version.h"

namespace flowtap {
namespace {

constexpr std::size_t kBusiest = 1000;  // rows of each kind: more than a screen has, so they can be sorted

}  // namespace

Watched::Watched(Settings settings, Discovery discovery, ActivityWindow window, Say say)
    : settings_(std::move(settings)),
      at_first_(std::move(discovery)),
      window_(window),
      say_(std::move(say)),
      metrics_(metrics_config(settings_.options)),
      bounds_(metrics_config(settings_.options).histograms.bounds) {}

// The targets get their bytes back before anything else ends.
Watched::~Watched() {
    if (collector_ != nullptr) collector_->detach_all();
}

Result<void> Watched::start(EventLoop& loop) {
    Result<std::unique_ptr<Collector>> collector = Collector::make(
        {}, settings_.profiles, metrics_,
        PlanSettings{.running_seconds = !settings_.options.no_running_seconds, .machine = self_test()});
    if (!collector) return collector.error();
    collector_ = std::move(*collector);
    finder_.emplace(*collector_, std::move(at_first_),
                    [this](const Prospect& prospect, const auto&) { say_attached(prospect.pid); });
    for (const pid_t pid : settings_.options.pids)
        if (Result<void> done = finder_->choose(pid); !done) return done;
    look();
    while (finder_->busy()) drain();
    meter_.emplace(monotonic_ns(), window_);
    Result<void> done = loop.on_readable(collector_->event_fd(), [this] { drain(); });
    if (done) done = loop.every(kDrainPeriod, [this] { drain(); });
    if (done) done = loop.every(kLookPeriod, [this] { look(); });
    return done;
}

void Watched::say_attached(pid_t pid) {
    say_("attached to process " + std::to_string(pid));
    for (const std::string& line : collector_->report(pid).unobserved)
        say_("process " + std::to_string(pid) + ": not observed: " + line);
}

void Watched::drain() {
    collector_->drain();
    finder_->look(monotonic_ns());
    collector_->extend_targets(monotonic_ns());
    for (const std::string& line : collector_->take_news()) say_(line);
}

void Watched::look() {
    collector_->look_after_targets();
    metrics_.expire(monotonic_ns());
    finder_->look(monotonic_ns());
}

StatusReport Watched::report() {
    drain();
    collector_->look_after_targets();
    collector_->publish_statistics();
    const std::uint64_t now_ns = monotonic_ns();
    const LedgerSnapshot executions = metrics_.executions();
    StatusReport report;
    report.version = kVersion;
    report.targets = collector_->reports();
    report.activity = meter_->measure(executions, bounds_, now_ns, kBusiest);
    const auto stats = metrics_.collector();
    report.reception = reception_of(*stats, executions);
    report.machine = stats->machine;
    return report;
}

}  // namespace flowtap

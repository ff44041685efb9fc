// SPDX-License-Identifier: Apache-2.0
#include "cli/measure.h"

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "daemon/collector.h"
#include "daemon/event_loop.h"
#include "daemon/periods.h"
#include "process/cpu_time.h"
#include "version.h"

namespace flowtap {
namespace {

// Of one moment.
struct Reading {
    std::uint64_t time_ns;
    std::optional<double> cpu_seconds;
    std::vector<ProbeUse> probes;
};

Reading read(const Collector& collector, pid_t pid) {
    return {monotonic_ns(), cpu_seconds_of(pid), collector.probe_use(pid)};
}

// What was hit before the first reading, while the probes were placed, is not part of it. Probes that came
// later were hit in between.
void subtract(std::vector<ProbeUse>& probes, const std::vector<ProbeUse>& before) {
    for (ProbeUse& use : probes)
        for (const ProbeUse& earlier : before)
            if (earlier.probe == use.probe && earlier.kind == use.kind) use.hits -= earlier.hits;
}

Result<void> collect(EventLoop& loop, Collector& collector, pid_t pid, std::chrono::milliseconds duration) {
    const auto look = [&] {
        collector.look_after_targets();
        collector.extend_targets(monotonic_ns());
        (void)collector.take_news();
        (void)collector.take_starts();
        if (!collector.attached(pid)) loop.stop();
    };
    Result<void> done = loop.on_readable(collector.event_fd(), [&] { collector.drain(); });
    if (done) done = loop.every(kDrainPeriod, [&] { collector.drain(); });
    if (done) done = loop.every(kLookPeriod, look);
    if (done) done = loop.every(duration, [&] { loop.stop(); });
    return done ? loop.run() : done;
}

}  // namespace

Result<MeasuredCost> measure_cost(pid_t pid, std::vector<Profile> profiles, const PlanSettings& settings,
                                  std::chrono::milliseconds duration) {
    Result<EventLoop> loop = EventLoop::make();
    if (!loop) return loop.error();
    if (Result<void> done = loop->on_signals({SIGTERM, SIGINT}, [&](int) { loop->stop(); }); !done)
        return done.error();
    Metrics metrics{MetricsConfig{kVersion}};
    Result<std::unique_ptr<Collector>> collector =
        Collector::make({}, std::move(profiles), metrics, settings);
    if (!collector) return collector.error();
    if (Result<void> done = (*collector)->add_target(pid); !done) return done.error();
    const Reading first = read(**collector, pid);
    if (Result<void> done = collect(*loop, **collector, pid, duration); !done) return done.error();
    Reading last = read(**collector, pid);
    const bool lives = (*collector)->attached(pid);
    (*collector)->detach_all();
    if (!lives) return Error{"measure process", std::to_string(pid), "it ended", "", Error::Kind::kNoTarget};
    subtract(last.probes, first.probes);
    MeasuredCost cost;
    cost.seconds = static_cast<double>(last.time_ns - first.time_ns) * 1e-9;
    if (first.cpu_seconds && last.cpu_seconds) cost.cpu_seconds = *last.cpu_seconds - *first.cpu_seconds;
    cost.prices = settings.machine.prices;
    cost.probes = std::move(last.probes);
    return cost;
}

}  // namespace flowtap

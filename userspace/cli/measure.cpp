// SPDX-License-Identifier: Apache-2.0
#include "cli/measure.h"

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "daemon/collector_loop.h"
#include "daemon/event_loop.h"
#include "process/cpu_time.h"
#include "version.h"

namespace flowtap {
namespace {

// Hits and CPU time, read at one moment.
struct Reading {
    std::uint64_t time_ns;
    std::optional<double> cpu_seconds;
    std::vector<ProbeUse> probes;
};

Reading read(const Collector& collector, pid_t pid) {
    return {monotonic_ns(), cpu_seconds_of(pid), collector.overhead().probe_use(pid)};
}

// Leaves out hits before the first reading, which happened while the probes were being placed. A probe that
// was added after the first reading keeps all its hits.
void subtract(std::vector<ProbeUse>& probes, const std::vector<ProbeUse>& before) {
    for (ProbeUse& use : probes)
        for (const ProbeUse& earlier : before)
            if (earlier.probe == use.probe && earlier.kind == use.kind) use.hits -= earlier.hits;
}

}  // namespace

Result<MeasuredCost> measure_cost(pid_t pid, std::vector<Profile> profiles, const PlanSettings& settings,
                                  std::chrono::milliseconds duration) {
    Result<EventLoop> events = EventLoop::make();
    if (!events) return events.error();
    if (Result<void> done = events->on_signals({SIGTERM, SIGINT}, [&](int) { events->stop(); }); !done)
        return done.error();
    Metrics metrics{MetricsConfig{kVersion}};
    Result<std::unique_ptr<Collector>> made = Collector::make({}, std::move(profiles), metrics, settings);
    if (!made) return made.error();
    Collector& collector = **made;
    Result<Discovery> nothing_else = Discovery::make({}, false);
    if (!nothing_else) return nothing_else.error();
    CollectorLoop loop(std::move(*made), std::move(*nothing_else), metrics,
                       {.log = [](const std::string&) {},
                        .after_poll =
                            [&] {
                                if (!collector.attached(pid)) events->stop();
                            }});
    if (Result<void> done = collector.registry().add(pid); !done) return done.error();
    const Reading first = read(collector, pid);
    Result<void> done = loop.start(*events);
    if (done) done = events->every(duration, [&] { events->stop(); });
    if (done) done = events->run();
    if (!done) return done.error();
    Reading last = read(collector, pid);
    const bool lives = collector.attached(pid);
    collector.registry().detach_all();
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/collector_loop.h"
#include "daemon/event_loop.h"
#include "discovery/discovery.h"
#include "exporter/metrics/activity.h"
#include "exporter/metrics/metrics.h"
#include "exporter/views/status_report.h"
#include "settings/settings.h"

namespace flowtap {

// The daemon's pipeline for `top`: attached as long as it exists, and nothing is served.
class Watched {
public:
    using Log = std::function<void(const std::string& line)>;

    // log: for what the daemon would log.
    Watched(Settings settings, Discovery discovery, ActivityWindow window, Log log);
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    // Attaches, and has the event loop collect. Its signals must be registered before, and it must not run
    // any more when this is destroyed. Errors: as Collector::make() and TargetFinder::choose().
    Result<void> start(EventLoop& events);
    // As of now.
    StatusReport report();

private:
    void log_attached(pid_t pid);

    const Settings settings_;
    Discovery at_first_;
    const ActivityWindow window_;
    Log log_;
    Metrics metrics_;
    const BucketBounds bounds_;
    std::optional<CollectorLoop> loop_;
    std::optional<ActivityMeter> meter_;
};

}  // namespace flowtap

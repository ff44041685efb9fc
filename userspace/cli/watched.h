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

// The daemon's pipeline for `top`, without an HTTP server. Attached as long as the object exists.
class Watched {
public:
    using Log = std::function<void(const std::string& line)>;

    // log: receives what the daemon would log.
    Watched(Settings settings, Discovery discovery, ActivityWindow window, Log log);
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    // Attaches, and registers with the event loop. The loop's signals must be registered before, and the loop
    // must not run after this is destroyed. Errors: as Collector::make() and TargetFinder::choose().
    Result<void> start(EventLoop& events);
    // The state of this moment.
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

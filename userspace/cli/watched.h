// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/collector.h"
#include "daemon/event_loop.h"
#include "daemon/target_finder.h"
#include "discovery/discovery.h"
#include "exporter/metrics/activity.h"
#include "exporter/metrics/metrics.h"
#include "exporter/views/status_report.h"
#include "settings/settings.h"

namespace flowtap {

// The daemon's pipeline for one person who looks: attached for as long as it lives, nothing is served.
class Watched {
public:
    using Say = std::function<void(const std::string& line)>;

    // `say` gets what the daemon would log.
    Watched(Settings settings, Discovery discovery, ActivityWindow window, Say say);
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    // Attaches, and has the loop collect. The loop's signals must be registered before. The loop must not run
    // any more when this is destroyed. Errors: as Collector::make() and TargetFinder::choose().
    Result<void> start(EventLoop& loop);
    // As of now.
    StatusReport report();

private:
    void drain();
    void look();
    void say_attached(pid_t pid);

    const Settings settings_;
    Discovery at_first_;
    const ActivityWindow window_;
    Say say_;
    Metrics metrics_;
    const BucketBounds bounds_;
    std::unique_ptr<Collector> collector_;
    std::optional<TargetFinder> finder_;
    std::optional<ActivityMeter> meter_;
};

}  // namespace flowtap

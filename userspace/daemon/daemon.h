// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "daemon/collector_loop.h"
#include "daemon/drain_request.h"
#include "daemon/event_loop.h"
#include "daemon/loop_call.h"
#include "discovery/discovery.h"
#include "exporter/http/health.h"
#include "exporter/http/http_server.h"
#include "exporter/metrics/activity.h"
#include "exporter/metrics/metrics.h"
#include "exporter/views/http_routes.h"
#include "kubernetes/pod_watcher.h"
#include "log/log_sink.h"
#include "privilege/give_up.h"
#include "settings/settings.h"

namespace flowtap {

// The whole daemon. Members are destroyed from last to first, so each may use those above it.
class Daemon {
public:
    // The references must outlive the daemon. Progress goes to log, one line each.
    Daemon(const RunArguments& arguments, LogSink& log, Settings settings, EventLoop events,
           Discovery discovery);

    Result<void> start();
    // Runs until SIGTERM or SIGINT, and then detaches from every target.
    Result<void> run();

private:
    void log_failed_mechanisms();
    Result<void> drop_privileges();
    Result<void> watch_signals();
    Result<void> watch_requests();
    Result<void> make_loop();
    void after_poll();
    void serve_drain_request();
    static Error silence();
    HttpOptions http_options();
    HttpContent content();
    StatusReport status();

    // daemon_targets.cpp
    Result<void> watch_pods();
    void log_pod_watcher_lines();
    void note_health();
    void log_attached(const CandidateProcess& candidate, std::optional<std::uint64_t> gap_ns);

    // daemon_reload.cpp
    Result<void> reload();
    Result<void> apply_settings(Settings newer);

    const RunArguments& arguments_;
    LogSink& log_;
    const RunOptions at_start_;
    Settings settings_;
    EventLoop events_;
    Discovery at_first_;
    Metrics metrics_;
    Health health_;
    const BucketBounds bounds_;
    ActivityMeter activity_;
    PrivilegesLeft privileges_;
    std::unique_ptr<DrainRequest> drain_request_;
    std::unique_ptr<LoopCall> reload_request_;
    std::unique_ptr<PodWatcher> pods_;  // null without --kubernetes-api
    std::uint64_t pods_version_ = 0;
    std::optional<CollectorLoop> loop_;
    std::unique_ptr<HttpServer> server_;
};

}  // namespace flowtap

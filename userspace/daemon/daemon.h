// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>

#include "base/result.h"
#include "daemon/collector.h"
#include "daemon/drain_request.h"
#include "daemon/event_loop.h"
#include "daemon/loop_call.h"
#include "daemon/target_finder.h"
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

// The whole daemon, in the order things must be destroyed from last to first.
class Daemon {
public:
    // What it is given by reference must outlive it. Progress goes to log, one line each.
    Daemon(const RunArguments& arguments, LogSink& log, Settings settings, EventLoop loop,
           Discovery discovery);

    Result<void> start();
    // Until SIGTERM or SIGINT; then everything is detached.
    Result<void> run();

private:
    void say_what_fails();
    Result<void> give_up();
    Result<void> watch_signals();
    Result<void> watch_events();
    void drain();
    void drain_as_asked();
    static Error silence();
    HttpOptions http_options();
    HttpContent content();
    StatusReport status();

    // daemon_targets.cpp
    Result<void> watch_pods();
    void hear_of_pods();
    Result<void> attach_named();
    void look_around();
    void note_health();
    void keep_within_budget();
    void attach_again();
    void choose_or_say(pid_t pid);
    void say_attached(const Prospect& prospect, std::optional<std::uint64_t> gap_ns);
    void say_unobserved(pid_t pid);

    // daemon_reload.cpp
    Result<void> reload();
    Result<void> take(Settings newer);
    void release_unwanted();
    void refit_attached(const std::vector<Profile>& before);
    void refit_some();

    const RunArguments& arguments_;
    LogSink& log_;
    const RunOptions at_start_;
    Settings settings_;
    EventLoop loop_;
    Discovery at_first_;
    Metrics metrics_;
    Health health_;
    const BucketBounds bounds_;
    ActivityMeter activity_;
    PrivilegesLeft privileges_;
    std::set<pid_t> again_;         // let go, to be attached anew
    std::deque<pid_t> free_again_;  // of those, without a probe by now
    std::set<pid_t> to_refit_;      // whose points may be others with the profiles in use
    std::unique_ptr<DrainRequest> drain_request_;
    std::unique_ptr<LoopCall> reload_request_;
    std::unique_ptr<PodWatcher> pods_;  // null: no API server is asked
    std::uint64_t pods_version_ = 0;
    std::unique_ptr<Collector> collector_;
    std::optional<TargetFinder> finder_;
    std::unique_ptr<HttpServer> server_;
};

}  // namespace flowtap

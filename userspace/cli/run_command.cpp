// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <csignal>
#include <memory>
#include <ostream>

#include "cli/commands.h"
#include "cli/profiles.h"
#include "daemon/clock.h"
#include "daemon/collector.h"
#include "daemon/discovery.h"
#include "daemon/drain_request.h"
#include "daemon/event_loop.h"
#include "exporter/health.h"
#include "exporter/http_server.h"
#include "exporter/metrics.h"
#include "version.h"

namespace flowtap {
namespace {

using namespace std::chrono_literals;

constexpr auto kDrainPeriod = 50ms;  // latest arrival of an event that did not fill the buffer
constexpr auto kStatisticsPeriod =
    1000ms;  // also: deferred ends, vanished targets, new processes and functions
constexpr auto kScrapePatience = 1000ms;  // how long a scrape waits for the drain it asked for
constexpr auto kLongestSilence = 10s;     // of the event loop, before /health says so
constexpr std::size_t kBusiest = 20;

// The whole daemon, in the order things must be destroyed from last to first.
class Daemon {
public:
    Daemon(const RunOptions& options, std::ostream& log, EventLoop loop, Discovery discovery)
        : options_(options), log_(log), loop_(std::move(loop)), discovery_(std::move(discovery)) {}

    Result<void> start(std::vector<Profile> profiles);
    Result<void> run();

private:
    Result<void> watch_signals();
    Result<void> watch_events();
    Result<void> attach_named();
    void look_around();
    void drain();
    void reload();
    HttpContent content();
    StatusReport status() const;
    void say_attached(pid_t pid);

    const RunOptions& options_;
    std::ostream& log_;
    EventLoop loop_;
    Discovery discovery_;
    Metrics metrics_{MetricsConfig{kVersion}};
    Health health_{monotonic_ns(), kLongestSilence};
    std::unique_ptr<DrainRequest> drain_request_;
    std::unique_ptr<Collector> collector_;
    std::unique_ptr<HttpServer> server_;
};

// The port before the probes: when it is taken, no process was touched.
Result<void> Daemon::start(std::vector<Profile> profiles) {
    if (Result<void> done = watch_signals(); !done) return done;
    Result<std::unique_ptr<DrainRequest>> request = DrainRequest::make();
    if (!request) return request.error();
    drain_request_ = std::move(*request);
    Result<std::unique_ptr<Collector>> collector = Collector::make({}, std::move(profiles), metrics_);
    if (!collector) return collector.error();
    collector_ = std::move(*collector);
    Result<std::unique_ptr<HttpServer>> server = HttpServer::start(options_.listen, content());
    if (!server) return server.error();
    server_ = std::move(*server);
    if (Result<void> done = attach_named(); !done) return done;
    look_around();
    health_.mark_ready();
    log_ << "flowtap: serving http://" << to_string(server_->address()) << "/metrics" << std::endl;
    return watch_events();
}

// The targets get their bytes back before anything else ends: closing HTTP connections takes its time.
Result<void> Daemon::run() {
    Result<void> done = loop_.run();
    collector_->detach_all();
    return done;
}

Result<void> Daemon::watch_signals() {
    return loop_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) {
        if (signal == SIGHUP) {
            reload();
        } else {
            loop_.stop();
        }
    });
}

Result<void> Daemon::watch_events() {
    Result<void> done = loop_.on_readable(collector_->event_fd(), [this] { drain(); });
    if (done) {
        done = loop_.on_readable(drain_request_->fd(), [this] {
            const std::uint64_t accepted = drain_request_->accept();
            drain();
            collector_->publish_statistics();
            drain_request_->served(accepted);
        });
    }
    if (done) done = loop_.every(kDrainPeriod, [this] { drain(); });
    if (done) done = loop_.every(kStatisticsPeriod, [this] { look_around(); });
    return done;
}

Result<void> Daemon::attach_named() {
    for (pid_t pid : options_.pids) {
        if (Result<void> done = collector_->add_target(pid); !done) return done;
        say_attached(pid);
    }
    return {};
}

// With what is not observed: nobody should learn that from missing numbers.
void Daemon::say_attached(pid_t pid) {
    log_ << "flowtap: attached to process " << pid << std::endl;
    for (const TargetReport& report : collector_->reports()) {
        if (report.pid != pid) continue;
        for (const std::string& line : report.unobserved) {
            log_ << "flowtap: process " << pid << ": not observed: " << line << std::endl;
        }
    }
}

void Daemon::drain() {
    collector_->drain();
    health_.beat(monotonic_ns());
}

void Daemon::look_around() {
    collector_->look_after_targets();
    if (discovery_.enabled()) {
        for (pid_t pid : discovery_.due(monotonic_ns())) {
            if (collector_->attached(pid) || collector_->add_target(pid)) {
                discovery_.settled(pid);
                say_attached(pid);
            }
        }
    }
    collector_->publish_statistics();
}

void Daemon::reload() {
    Result<std::vector<Profile>> profiles = load_profiles(options_.profiles);
    collector_->set_reload_successful(profiles.has_value());
    if (!profiles) {
        log_ << "flowtap: kept the profiles in use: " << profiles.error().message() << std::endl;
        return;
    }
    collector_->replace_profiles(std::move(*profiles));
}

HttpContent Daemon::content() {
    HttpContent content;
    content.metrics = [this] {
        drain_request_->ask_and_wait(kScrapePatience);
        return to_text(metrics_.collect(monotonic_ns()));
    };
    content.health = [this] { return health_.health(monotonic_ns()); };
    content.readiness = [this] { return health_.readiness(); };
    content.status = [this] { return status(); };
    return content;
}

StatusReport Daemon::status() const {
    StatusReport report;
    report.version = kVersion;
    report.health = health_.health(monotonic_ns());
    report.readiness = health_.readiness();
    report.targets = collector_->reports();
    report.workflows = busiest_workflows(metrics_.executions(), kBusiest);
    return report;
}

}  // namespace

Result<void> run_command(const RunOptions& options, std::ostream& log) {
    Result<std::vector<Profile>> profiles = load_profiles(options.profiles);
    if (!profiles) return profiles.error();
    Result<Discovery> discovery = Discovery::make(options.matches, options.all);
    if (!discovery) return discovery.error();
    if (options.check_only) return {};
    Result<EventLoop> loop = EventLoop::make();
    if (!loop) return loop.error();
    Daemon daemon(options, log, std::move(*loop), std::move(*discovery));
    if (Result<void> done = daemon.start(std::move(*profiles)); !done) return done;
    return daemon.run();
}

}  // namespace flowtap

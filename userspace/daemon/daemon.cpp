// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.h"

#include <chrono>
#include <csignal>

#include "base/clock.h"
#include "daemon/periods.h"
#include "daemon/privileges.h"
#include "selftest/self_test.h"
#include "settings/kernel_options.h"
#include "settings/metrics_options.h"
#include "version.h"

namespace flowtap {
namespace {

using namespace std::chrono_literals;

constexpr auto kScrapePatience = 5s;        // how long a scrape waits for the drain it asked for
constexpr auto kReloadPatience = 10s;       // how long POST /-/reload waits for the reload
constexpr auto kLongestSilence = 10s;       // of the event loop, before /health says so
constexpr std::size_t kBusiestOnPage = 50;  // rows of each kind on the status page

MetricsConfig metrics_config_of(const RunOptions& options) {
    MetricsConfig config = metrics_config(options);
    config.version = kVersion;
    config.started_ns = monotonic_ns();
    return config;
}

}  // namespace

Daemon::Daemon(const RunArguments& arguments, LogSink& log, Settings settings, EventLoop loop,
               Discovery discovery)
    : arguments_(arguments),
      log_(log),
      at_start_(settings.options),
      settings_(std::move(settings)),
      loop_(std::move(loop)),
      at_first_(std::move(discovery)),
      metrics_(metrics_config_of(settings_.options)),
      health_(monotonic_ns(), kLongestSilence),
      bounds_(metrics_config(settings_.options).histograms.bounds),
      activity_(monotonic_ns()) {}

// The port before the probes: when it is taken, no process was touched.
Result<void> Daemon::start() {
    if (Result<void> done = watch_signals(); !done) return done;
    Result<std::unique_ptr<LoopCall>> reload_request = LoopCall::make([this] { return reload(); });
    if (!reload_request) return reload_request.error();
    reload_request_ = std::move(*reload_request);
    Result<std::unique_ptr<DrainRequest>> request = DrainRequest::make();
    if (!request) return request.error();
    drain_request_ = std::move(*request);
    Result<std::unique_ptr<Collector>> collector = Collector::make(
        kernel_sizes(settings_.options), settings_.profiles, metrics_,
        PlanSettings{.running_seconds = !settings_.options.no_running_seconds, .machine = self_test()});
    if (!collector) return collector.error();
    collector_ = std::move(*collector);
    say_what_fails();
    finder_.emplace(*collector_, std::move(at_first_),
                    [this](const Prospect& prospect, std::optional<std::uint64_t> gap_ns) {
                        say_attached(prospect, gap_ns);
                    });
    collector_->limit_overhead(settings_.options.max_overhead);
    collector_->note_reload(true, unix_seconds());
    Result<std::unique_ptr<HttpServer>> server = HttpServer::start(http_options(), service_of(content()));
    if (!server) return server.error();
    server_ = std::move(*server);
    if (Result<void> done = watch_pods(); !done) return done;
    if (Result<void> done = attach_named(); !done) return done;
    look_around();
    while (finder_->busy()) {
        if (drain_request_->asked()) drain_as_asked();
        drain();
    }
    health_.mark_ready();
    say_what_is_left(privileges_, log_);
    log_.say(std::string("serving ") + (server_->uses_tls() ? "https://" : "http://") +
             to_string(server_->address()) + "/metrics");
    return watch_events();
}

// As tried at the start. What follows from it for a target is said with its points.
void Daemon::say_what_fails() {
    for (const MechanismProof& proof : metrics_.collector()->machine.proofs) {
        if (!proof.available)
            log_.say(std::string(mechanism_name(proof.mechanism)) + " does not work here: " + proof.reason);
    }
}

// The targets get their bytes back before anything else ends.
Result<void> Daemon::run() {
    Result<void> done = loop_.run();
    drain_request_->close();
    reload_request_->close();
    collector_->detach_all();
    return done;
}

// After the programs are loaded and the port is taken, which may need more; before any thread starts, since
// each has capabilities of its own.
Result<void> Daemon::give_up() {
    Result<PrivilegesLeft> left = give_up_privileges(collector_->later_needs());
    if (!left) return left.error();
    privileges_ = std::move(*left);
    return {};
}

Result<void> Daemon::watch_signals() {
    return loop_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) {
        if (signal == SIGHUP) {
            (void)reload();  // it has said so
        } else {
            loop_.stop();
        }
    });
}

Result<void> Daemon::watch_events() {
    Result<void> done = loop_.on_readable(collector_->event_fd(), [this] { drain(); });
    if (done) {
        done = loop_.on_readable(drain_request_->fd(), [this] { drain_as_asked(); });
    }
    if (done) done = loop_.on_readable(reload_request_->fd(), [this] { reload_request_->serve(); });
    if (done) done = loop_.every(kDrainPeriod, [this] { drain(); });
    if (done) done = loop_.every(kLookPeriod, [this] { look_around(); });
    return done;
}

void Daemon::drain() {
    hear_of_pods();
    collector_->drain();
    finder_->look(monotonic_ns());
    collector_->extend_targets(monotonic_ns());
    refit_some();
    if (!free_again_.empty()) attach_again();
    for (const std::string& line : collector_->take_news()) log_.say(line);
    log_.flush();
    health_.beat(monotonic_ns());
}

void Daemon::drain_as_asked() {
    const std::uint64_t accepted = drain_request_->accept();
    drain();
    collector_->publish_statistics();
    drain_request_->served(accepted);
}

HttpOptions Daemon::http_options() {
    HttpOptions options;
    options.address = settings_.options.listen;
    options.web_config_file = settings_.options.web_config_file;
    options.on_bound = [this] { return give_up(); };
    options.log = [this](const std::string& line) { log_.say(line); };
    return options;
}

HttpContent Daemon::content() {
    HttpContent content;
    content.metrics = [this](ScrapeFormat format) -> Result<std::string> {
        if (!drain_request_->ask_and_wait(kScrapePatience)) return silence();
        return metrics_.expose(format, moment_now());
    };
    content.health = [this] { return health_.health(monotonic_ns()); };
    content.readiness = [this] { return health_.readiness(); };
    content.status = [this] { return status(); };
    if (settings_.options.web_enable_lifecycle) {
        content.reload = [this] { return reload_request_->ask_and_wait(kReloadPatience); };
    }
    return content;
}

Error Daemon::silence() {
    return {"collect", "what happened until now", "the event loop did not answer within 5 s",
            "it attaches to many processes, or the machine is overloaded: see /health and the log"};
}

StatusReport Daemon::status() {
    const bool fresh = drain_request_->ask_and_wait(kScrapePatience);
    const std::uint64_t now_ns = monotonic_ns();
    StatusReport report;
    report.version = kVersion;
    report.health = health_.health(now_ns);
    if (!fresh) report.health.reasons.push_back("these numbers are old: " + silence().cause);
    report.readiness = health_.readiness();
    report.targets = collector_->reports();
    const LedgerSnapshot executions = metrics_.executions();
    report.activity = activity_.measure(executions, bounds_, now_ns, kBusiestOnPage);
    const auto stats = metrics_.collector();
    report.reception = reception_of(*stats, executions);
    report.machine = stats->machine;
    return report;
}

}  // namespace flowtap

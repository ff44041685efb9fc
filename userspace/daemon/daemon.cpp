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
constexpr auto kLongestSilence = 10s;       // of the event loop, until /health reports it
constexpr std::size_t kBusiestOnPage = 50;  // rows of each kind on the status page

MetricsConfig metrics_config_of(const RunOptions& options) {
    MetricsConfig config = metrics_config(options);
    config.version = kVersion;
    config.started_ns = monotonic_ns();
    return config;
}

}  // namespace

Daemon::Daemon(const RunArguments& arguments, LogSink& log, Settings settings, EventLoop events,
               Discovery discovery)
    : arguments_(arguments),
      log_(log),
      at_start_(settings.options),
      settings_(std::move(settings)),
      events_(std::move(events)),
      at_first_(std::move(discovery)),
      metrics_(metrics_config_of(settings_.options)),
      health_(monotonic_ns(), kLongestSilence),
      bounds_(metrics_config(settings_.options).histograms.bounds),
      activity_(monotonic_ns()) {}

// Opens the port before it places probes: if the port is taken, no process was touched.
Result<void> Daemon::start() {
    if (Result<void> done = watch_signals(); !done) return done;
    Result<std::unique_ptr<LoopCall>> reload_request = LoopCall::make([this] { return reload(); });
    if (!reload_request) return reload_request.error();
    reload_request_ = std::move(*reload_request);
    Result<std::unique_ptr<DrainRequest>> request = DrainRequest::make();
    if (!request) return request.error();
    drain_request_ = std::move(*request);
    if (Result<void> done = make_loop(); !done) return done;
    log_failed_mechanisms();
    Result<std::unique_ptr<HttpServer>> server = HttpServer::start(http_options(), service_of(content()));
    if (!server) return server.error();
    server_ = std::move(*server);
    if (Result<void> done = watch_pods(); !done) return done;
    const auto meanwhile = [this] {
        if (drain_request_->asked()) serve_drain_request();
    };
    if (Result<void> done = loop_->attach(settings_.options.pids, meanwhile); !done) return done;
    health_.mark_ready();
    log_privileges(privileges_, log_);
    log_.write(std::string("serving ") + (server_->uses_tls() ? "https://" : "http://") +
               to_string(server_->address()) + "/metrics");
    return watch_requests();
}

Result<void> Daemon::make_loop() {
    Result<std::unique_ptr<Collector>> collector =
        Collector::make(kernel_sizes(settings_.options), settings_.profiles, metrics_,
                        PlanSettings{.wishes = settings_.options.wishes(),
                                     .running_seconds = !settings_.options.no_running_seconds,
                                     .machine = self_test()});
    if (!collector) return collector.error();
    (*collector)->overhead().limit(settings_.options.max_overhead);
    (*collector)->note_reload(true, unix_seconds());
    loop_.emplace(
        std::move(*collector), std::move(at_first_), metrics_,
        CollectorLoop::Hooks{
            .log = [this](const std::string& line) { log_.write(line); },
            .attached = [this](const CandidateProcess& candidate,
                               std::optional<std::uint64_t> gap_ns) { log_attached(candidate, gap_ns); },
            .before_turn = [this] { log_pod_watcher_lines(); },
            .after_turn =
                [this] {
                    log_.flush();
                    health_.beat(monotonic_ns());
                },
            .after_poll = [this] { after_poll(); },
        });
    return {};
}

// Logs the mechanisms that failed the self-test at start. What that means for a target is logged with its
// points.
void Daemon::log_failed_mechanisms() {
    for (const MechanismProof& proof : metrics_.collector()->machine.proofs) {
        if (proof.available) continue;
        const std::string remedy = proof.remedy.empty() ? "" : " (" + proof.remedy + ")";
        log_.write(std::string(mechanism_name(proof.mechanism)) + " does not work here: " + proof.reason +
                   remedy);
    }
}

// Detaches from all targets before anything else is destroyed.
Result<void> Daemon::run() {
    Result<void> done = events_.run();
    drain_request_->close();
    reload_request_->close();
    loop_->collector().registry().detach_all();
    return done;
}

// Called after the programs are loaded and the port is bound, which may need more privileges, and before any
// thread starts, because each thread has its own capabilities.
Result<void> Daemon::drop_privileges() {
    Result<PrivilegesLeft> left = give_up_privileges(loop_->collector().later_needs());
    if (!left) return left.error();
    privileges_ = std::move(*left);
    return {};
}

Result<void> Daemon::watch_signals() {
    return events_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) {
        if (signal == SIGHUP) {
            (void)reload();  // reload() logs its result
        } else {
            events_.stop();
        }
    });
}

Result<void> Daemon::watch_requests() {
    Result<void> done = loop_->start(events_);
    if (done) done = events_.on_readable(drain_request_->fd(), [this] { serve_drain_request(); });
    if (done) done = events_.on_readable(reload_request_->fd(), [this] { reload_request_->serve(); });
    return done;
}

void Daemon::after_poll() {
    note_health();
    activity_.forget(monotonic_ns());
    loop_->collector().note_dropped_log_lines(log_.dropped());
}

void Daemon::serve_drain_request() {
    const std::uint64_t accepted = drain_request_->accept();
    loop_->turn();
    loop_->collector().publish_statistics();
    drain_request_->served(accepted);
}

HttpOptions Daemon::http_options() {
    HttpOptions options;
    options.address = settings_.options.listen;
    options.web_config_file = settings_.options.web_config_file;
    options.on_bound = [this] { return drop_privileges(); };
    options.log = [this](const std::string& line) { log_.write(line); };
    return options;
}

HttpContent Daemon::content() {
    HttpContent content;
    content.metrics = [this](ScrapeFormat format) -> Result<std::string> {
        if (!drain_request_->request_and_wait(kScrapePatience)) return silence();
        return metrics_.expose(format, moment_now());
    };
    content.health = [this] { return health_.health(monotonic_ns()); };
    content.readiness = [this] { return health_.readiness(); };
    content.status = [this] { return status(); };
    if (settings_.options.web_enable_lifecycle) {
        content.reload = [this] { return reload_request_->request_and_wait(kReloadPatience); };
    }
    return content;
}

Error Daemon::silence() {
    return {"collect", "events", "the event loop did not answer within 5 s",
            "it attaches to many processes, or the machine is overloaded: see /health and the log"};
}

StatusReport Daemon::status() {
    const bool fresh = drain_request_->request_and_wait(kScrapePatience);
    const std::uint64_t now_ns = monotonic_ns();
    StatusReport report;
    report.version = kVersion;
    report.health = health_.health(now_ns);
    if (!fresh) report.health.reasons.push_back("these numbers are old: " + silence().cause);
    report.readiness = health_.readiness();
    report.targets = loop_->collector().registry().reports();
    const LedgerSnapshot executions = metrics_.executions();
    report.activity = activity_.measure(executions, bounds_, now_ns, kBusiestOnPage);
    const auto stats = metrics_.collector();
    report.reception = reception_of(*stats, executions);
    report.machine = stats->machine;
    return report;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <ostream>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/descriptor_limit.h"
#include "daemon/collector_loop.h"
#include "daemon/event_loop.h"
#include "daemon/privileges.h"
#include "exporter/metrics/metrics.h"
#include "exporter/trace/trace_file.h"
#include "log/log_sink.h"
#include "selftest/self_test.h"
#include "settings/profiles.h"
#include "version.h"

namespace flowtap {
namespace {

// Records one process. Uses the daemon's pipeline, with a recording in place of the HTTP server.
class TraceSession {
public:
    TraceSession(const TraceOptions& options, LogSink& log, EventLoop events)
        : options_(options), log_(log), events_(std::move(events)) {}

    Result<void> attach(std::vector<Profile> profiles);
    // Runs until SIGTERM, SIGINT, or the end of the duration or of the process.
    Result<void> record();
    // Writes the trace. Returns what to log once the file is closed.
    std::string write(std::ostream& file);
    [[nodiscard]] LaterNeeds later_needs() { return loop_->collector().later_needs(); }

private:
    void log_attached();

    const TraceOptions& options_;
    LogSink& log_;
    EventLoop events_;
    Metrics metrics_{MetricsConfig{kVersion}};
    TraceRecording recording_;
    TraceInfo info_;
    std::optional<CollectorLoop> loop_;
};

// Registers signals before anything else, because the collector's threads must not receive them. Adds the
// process directly and not through TargetFinder, because a trace ends with the program. TargetFinder still
// removes the breakpoints from its forked children.
Result<void> TraceSession::attach(std::vector<Profile> profiles) {
    if (Result<void> done = events_.on_signals({SIGTERM, SIGINT}, [this](int) { events_.stop(); }); !done)
        return done;
    Result<std::unique_ptr<Collector>> collector = Collector::make(
        {}, std::move(profiles), metrics_, PlanSettings{.running_seconds = false, .machine = self_test()});
    if (!collector) return collector.error();
    Result<Discovery> nothing_else = Discovery::make({}, false);
    if (!nothing_else) return nothing_else.error();
    loop_.emplace(std::move(*collector), std::move(*nothing_else), metrics_,
                  CollectorLoop::Hooks{.log = [this](const std::string& line) { log_.write(line); },
                                       .after_poll =
                                           [this] {
                                               log_.flush();
                                               if (!loop_->collector().attached(options_.pid)) events_.stop();
                                           }});
    loop_->collector().on_outcomes(
        [this](std::span<const Outcome> outcomes) { recording_.record(outcomes); });
    info_.version = kVersion;
    info_.pid = options_.pid;
    info_.begin_ns = monotonic_ns();
    if (Result<void> done = loop_->collector().registry().add(options_.pid); !done) return done;
    log_attached();
    return {};
}

void TraceSession::log_attached() {
    log_.write("attached to process " + std::to_string(options_.pid));
    const TargetReport report = loop_->collector().registry().report(options_.pid);
    info_.executable = report.executable;
    for (const std::string& line : report.unobserved) log_.write("not observed: " + line);
}

Result<void> TraceSession::record() {
    Result<void> done = loop_->start(events_);
    if (done && options_.duration) done = events_.every(*options_.duration, [this] { events_.stop(); });
    log_.write("recording; press Ctrl-C to stop");
    if (done) done = events_.run();
    // Receives everything up to now; detach_all() then stops further events.
    loop_->collector().poll_targets();
    loop_->collector().registry().detach_all();
    return done;
}

std::string TraceSession::write(std::ostream& file) {
    loop_->collector().publish_statistics();
    info_.events_lost = loop_->collector().events_lost();
    info_.left_out = recording_.left_out();
    const std::vector<TraceSpan> spans = std::move(recording_).finish(monotonic_ns());
    write_trace(file, info_, spans);
    return trace_summary(options_.output, spans.size(), info_);
}

Error file_error(const std::string& path, int error) {
    Error result = errno_error("write trace", path, error);
    result.remedy = "choose a file that this user can write";
    return result;
}

Error incomplete_error(const std::string& path, int error) {
    Error result = errno_error("write trace", path, error == 0 ? EIO : error);
    result.remedy = "the file is incomplete; free some space, or choose another file";
    return result;
}

}  // namespace

Result<void> trace_command(const TraceOptions& options, LogSink& log) {
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    Result<std::vector<Profile>> profiles = load_profiles(options.profiles);
    if (!profiles) return profiles.error();
    Result<EventLoop> loop = EventLoop::make();
    if (!loop) return loop.error();
    TraceSession session(options, log, std::move(*loop));
    if (Result<void> done = session.attach(std::move(*profiles)); !done) return done;
    // Opens the file first: a wrong path should fail now, not after an hour of recording.
    std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
    if (!file) return file_error(options.output, errno);
    Result<PrivilegesLeft> left = give_up_privileges(session.later_needs());
    if (!left) return left.error();
    log_privileges(*left, log);
    if (Result<void> done = session.record(); !done) return done;
    errno = 0;
    const std::string written = session.write(file);
    file.close();
    if (!file) return incomplete_error(options.output, errno);
    log.write(written);
    return {};
}

}  // namespace flowtap

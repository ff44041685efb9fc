// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <ostream>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/descriptor_limit.h"
#include "daemon/collector.h"
#include "daemon/event_loop.h"
#include "daemon/periods.h"
#include "daemon/privileges.h"
#include "exporter/metrics/metrics.h"
#include "exporter/trace/trace_file.h"
#include "log/log_sink.h"
#include "selftest/self_test.h"
#include "settings/profiles.h"
#include "version.h"

namespace flowtap {
namespace {

// One process watched for a while: the daemon's pipeline, with a recording at its end instead of HTTP.
class TraceSession {
public:
    TraceSession(const TraceOptions& options, LogSink& log, EventLoop loop)
        : options_(options), log_(log), loop_(std::move(loop)) {}

    Result<void> attach(std::vector<Profile> profiles);
    // Until SIGTERM, SIGINT, the end of the duration or of the process.
    Result<void> record();
    // What to say of it once the file is closed.
    std::string write(std::ostream& file);
    [[nodiscard]] LaterNeeds later_needs() const { return collector_->later_needs(); }

private:
    void say_attached();
    void drain();
    void look();
    void leave_copies_alone();

    const TraceOptions& options_;
    LogSink& log_;
    EventLoop loop_;
    Metrics metrics_{MetricsConfig{kVersion}};
    TraceRecording recording_;
    TraceInfo info_;
    std::unique_ptr<Collector> collector_;
};

// Signals first: the collector's threads must not get them.
Result<void> TraceSession::attach(std::vector<Profile> profiles) {
    if (Result<void> done = loop_.on_signals({SIGTERM, SIGINT}, [this](int) { loop_.stop(); }); !done)
        return done;
    Result<std::unique_ptr<Collector>> collector = Collector::make(
        {}, std::move(profiles), metrics_, PlanSettings{.running_seconds = false, .machine = self_test()});
    if (!collector) return collector.error();
    collector_ = std::move(*collector);
    collector_->on_outcomes([this](std::span<const Outcome> outcomes) { recording_.enter(outcomes); });
    info_.version = kVersion;
    info_.pid = options_.pid;
    info_.begin_ns = monotonic_ns();
    if (Result<void> done = collector_->add_target(options_.pid); !done) return done;
    say_attached();
    return {};
}

void TraceSession::say_attached() {
    log_.say("attached to process " + std::to_string(options_.pid));
    const TargetReport report = collector_->report(options_.pid);
    info_.executable = report.executable;
    for (const std::string& line : report.unobserved) log_.say("not observed: " + line);
}

// One process is traced: what it forks gets its bytes back.
void TraceSession::leave_copies_alone() {
    for (const ft_start& start : collector_->take_starts()) {
        if (start.kind == FT_START_FORK)
            collector_->leave_copy_alone(static_cast<pid_t>(start.tgid), static_cast<pid_t>(start.parent));
    }
}

void TraceSession::drain() {
    collector_->drain();
    leave_copies_alone();
}

void TraceSession::look() {
    collector_->look_after_targets();
    collector_->publish_statistics();
    leave_copies_alone();
    collector_->extend_targets(monotonic_ns());
    for (const std::string& line : collector_->take_news()) log_.say(line);
    log_.flush();
    if (!collector_->attached(options_.pid)) loop_.stop();
}

Result<void> TraceSession::record() {
    Result<void> done = loop_.on_readable(collector_->event_fd(), [this] { drain(); });
    if (done) done = loop_.every(kDrainPeriod, [this] { drain(); });
    if (done) done = loop_.every(kLookPeriod, [this] { look(); });
    if (done && options_.duration) done = loop_.every(*options_.duration, [this] { loop_.stop(); });
    log_.say("recording; interrupt (Ctrl-C) to end it");
    if (done) done = loop_.run();
    // What happened until now is in; then nothing new comes.
    collector_->look_after_targets();
    collector_->detach_all();
    return done;
}

std::string TraceSession::write(std::ostream& file) {
    collector_->publish_statistics();
    info_.events_lost = collector_->events_lost();
    info_.left_out = recording_.left_out();
    const std::vector<TraceSpan> spans = std::move(recording_).finish(monotonic_ns());
    write_trace(file, info_, spans);
    std::string line = "wrote " + options_.output + ": " + std::to_string(spans.size()) + " executions, " +
                       std::to_string(info_.events_lost) + " events lost";
    if (info_.left_out > 0)
        line += ", " + std::to_string(info_.left_out) + " executions left out for want of room";
    return line;
}

Error file_error(const std::string& path, int error) {
    Error result = errno_error("write trace", path, error);
    result.remedy = "name a file that this user may write";
    return result;
}

Error incomplete_error(const std::string& path, int error) {
    Error result = errno_error("write trace", path, error == 0 ? EIO : error);
    result.remedy = "the file is incomplete; make room for it, or name another";
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
    // Before an hour is recorded for a file that cannot be written.
    std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
    if (!file) return file_error(options.output, errno);
    Result<PrivilegesLeft> left = give_up_privileges(session.later_needs());
    if (!left) return left.error();
    say_what_is_left(*left, log);
    if (Result<void> done = session.record(); !done) return done;
    errno = 0;
    const std::string written = session.write(file);
    file.close();
    if (!file) return incomplete_error(options.output, errno);
    log.say(written);
    return {};
}

}  // namespace flowtap

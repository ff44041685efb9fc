// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <memory>

#include "cli/commands.h"
#include "cli/descriptor_limit.h"
#include "cli/terminal.h"
#include "cli/watched.h"
#include "daemon/event_loop.h"
#include "exporter/http/fetch.h"
#include "exporter/views/status_reader.h"
#include "exporter/views/top_keys.h"
#include "exporter/views/top_view.h"
#include "log/frame_sink.h"
#include "log/log_sink.h"
#include "settings/settings.h"

namespace flowtap {
namespace {

constexpr std::uint64_t kShortestWindowNs = 5'000'000'000;  // for rates: shorter windows fluctuate too much

// Shows frames of one source: on a full screen, or for scripts as plain lines, one frame after the other.
class TopSession {
public:
    using GetReport = std::function<Result<StatusReport>()>;

    TopSession(const TopOptions& options, LogSink& log, EventLoop& loop)
        : options_(options), log_(log), loop_(loop), live_(!options.count && ::isatty(STDOUT_FILENO) == 1) {}

    // Call before anything starts a thread.
    Result<void> watch_signals();
    void show(const std::string& line);
    // Runs until stopped, or until the requested number of frames was shown. at_once: shows the first frame
    // immediately.
    Result<void> run(std::string source, GetReport get_report, bool at_once);

private:
    Result<void> start_screen();
    void handle_signal(int signal);
    void read_keys();
    void refresh();
    void show();
    void show_plain();
    [[nodiscard]] bool has_shown_all();

    const TopOptions& options_;
    FrameSink frames_{STDOUT_FILENO};
    LogSink& log_;
    EventLoop& loop_;
    const bool live_;
    GetReport get_report_;
    TopView view_;
    StatusReport report_;
    Result<void> failed_;
    std::unique_ptr<Terminal> terminal_;
};

Result<void> TopSession::watch_signals() {
    std::vector<int> signals = {SIGTERM, SIGINT};
    if (live_) signals.insert(signals.end(), {SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH});
    return loop_.on_signals(signals, [this](int signal) { handle_signal(signal); });
}

void TopSession::show(const std::string& line) {
    if (terminal_ != nullptr) {
        view_.news = line;
    } else {
        log_.write(line);
    }
}

Result<void> TopSession::run(std::string source, GetReport get_report, bool at_once) {
    view_.source = std::move(source);
    get_report_ = std::move(get_report);
    if (at_once || live_) {
        Result<StatusReport> first = get_report_();
        if (!first) return first.error();
        report_ = std::move(*first);
    }
    Result<void> done = loop_.every(options_.interval, [this] { refresh(); });
    if (done && live_) done = start_screen();
    if (!done) return done;
    if (at_once || live_) show();
    if (has_shown_all()) return {};
    done = loop_.run();
    terminal_.reset();
    return failed_ ? done : failed_;
}

Result<void> TopSession::start_screen() {
    terminal_ = std::make_unique<Terminal>();
    view_.keys = terminal_->has_keys();
    if (!view_.keys) return {};
    return loop_.on_readable(STDIN_FILENO, [this] { read_keys(); });
}

// On Ctrl-Z, restores the screen before the process stops.
void TopSession::handle_signal(int signal) {
    if (signal == SIGWINCH) {
        show();
    } else if (signal == SIGCONT) {
        if (terminal_ != nullptr) terminal_->enter();
        show();
    } else if (signal == SIGTSTP) {
        if (terminal_ != nullptr) terminal_->leave();
        ::kill(::getpid(), SIGSTOP);
    } else {
        loop_.stop();
    }
}

void TopSession::read_keys() {
    std::array<char, 64> keys{};
    const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
    if (count <= 0) return loop_.stop();
    if (type_keys(view_, {keys.data(), static_cast<std::size_t>(count)}) == KeyMeaning::kQuit) loop_.stop();
    show();
}

// Whether the requested number of frames was written completely.
bool TopSession::has_shown_all() {
    return options_.count && frames_.shown() >= *options_.count && frames_.flush();
}

void TopSession::refresh() {
    if (has_shown_all()) return loop_.stop();
    Result<StatusReport> newer = get_report_();
    view_.trouble.clear();
    if (newer) {
        if (!view_.paused) report_ = std::move(*newer);
    } else if (live_) {
        view_.trouble = newer.error().message();
    } else {
        failed_ = newer.error();
        return loop_.stop();
    }
    show();
    if (has_shown_all()) loop_.stop();
}

void TopSession::show() {
    if (terminal_ == nullptr) return show_plain();
    if (!terminal_->show(top_lines(report_, view_, output_screen()))) loop_.stop();
}

void TopSession::show_plain() {
    TopScreen screen = output_screen();
    screen.rows = 0;
    screen.styled = false;
    std::string frame;
    for (const std::string& line : top_lines(report_, view_, screen)) frame += line + "\n";
    if (!options_.count || frames_.shown() < *options_.count) frames_.show(frame);
    if (frames_.is_closed()) loop_.stop();
}

ActivityWindow window_for(const TopOptions& options) {
    const auto interval_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(options.interval).count());
    return {interval_ns, std::max(kShortestWindowNs, 2 * interval_ns)};
}

Result<void> top_of_daemon(const TopOptions& options, TopSession& session) {
    Result<std::string> url = page_url(options.url, "/api/v1/status");
    if (!url) return url.error();
    const FetchRequest request{.url = std::move(*url), .ca_file = options.ca_file};
    const auto get_report = [&request]() -> Result<StatusReport> {
        Result<std::string> body = fetch(request);
        if (!body) return body.error();
        Result<StatusReport> report = read_status(*body);
        if (!report) report.error().subject = "from " + without_password(request.url);
        return report;
    };
    if (Result<void> done = session.watch_signals(); !done) return done;
    return session.run(without_password(request.url), get_report, true);
}

Result<void> top_of_processes(const TopOptions& options, TopSession& session, EventLoop& loop) {
    Result<Settings> settings = load_settings(options.watched);
    if (!settings) return settings.error();
    Result<Discovery> discovery = Discovery::make(settings->options.matches, settings->options.all);
    if (!discovery) return discovery.error();
    if (Result<void> done = session.watch_signals(); !done) return done;
    Watched watched(std::move(*settings), std::move(*discovery), window_for(options),
                    [&session](const std::string& line) { session.show(line); });
    if (Result<void> done = watched.start(loop); !done) return done;
    return session.run(
        "attached here", [&watched] { return watched.report(); }, false);
}

}  // namespace

Result<void> top_command(const TopOptions& options, LogSink& log) {
    std::signal(SIGPIPE, SIG_IGN);  // a failed write ends top when the reader of its output is gone
    Result<EventLoop> loop = EventLoop::make();
    if (!loop) return loop.error();
    TopSession session(options, log, *loop);
    if (!options.url.empty()) return top_of_daemon(options, session);
    raise_descriptor_limit();
    return top_of_processes(options, session, *loop);
}

}  // namespace flowtap

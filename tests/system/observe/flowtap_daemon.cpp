// SPDX-License-Identifier: Apache-2.0
#include "flowtap_daemon.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <utility>

#include "eventually.h"
#include "ledger.h"
#include "paths.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test {
namespace {

constexpr std::chrono::seconds kHeldBack{3};

std::vector<std::string> command(const std::vector<std::string>& options, FlowtapDaemon::Listen listen,
                                 std::vector<std::string> command) {
    command.insert(command.end(), {kFlowtap, "run"});
    if (listen == FlowtapDaemon::Listen::kAnyPort) {
        command.emplace_back("--listen");
        command.emplace_back("127.0.0.1:0");
    }
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

std::uint16_t port_in(const std::string& log) {
    static const std::regex serving(R"(serving http://127\.0\.0\.1:(\d+)/metrics\n)");
    std::smatch match;
    if (!std::regex_search(log, match, serving)) return 0;
    return static_cast<std::uint16_t>(std::stoul(match[1]));
}

// Another PID may begin with this one.
bool says_attached(const std::string& log, pid_t pid) {
    const std::string line = "attached to process " + std::to_string(pid);
    const auto is_digit = [&](std::size_t at) { return at < log.size() && log[at] >= '0' && log[at] <= '9'; };
    auto at = log.find(line);
    while (at != std::string::npos && is_digit(at + line.size())) at = log.find(line, at + 1);
    return at != std::string::npos;
}

bool is_at_rest(const Exposition& metrics) {
    for (const char* name : {"workflow_executions_total", "workflow_node_executions_total"}) {
        const double started = metrics.sum(name, {{"status", "started"}});
        if (metrics.sum(name) != 2 * started) return false;
    }
    return bool(no_event_vanished(metrics));
}

}  // namespace

FlowtapDaemon::FlowtapDaemon(const std::vector<std::string>& options, Listen listen,
                             const std::vector<std::string>& launcher, std::string log_file)
    : child_(command(options, listen, launcher)), log_file_(std::move(log_file)) {
    eventually([this] { return (port_ = port_in(log())) != 0 || child_.poll_status(); });
    if (port_ == 0) throw std::runtime_error("flowtap does not serve; it said: " + log() + child_.errors());
}

std::string FlowtapDaemon::log() const {
    if (log_file_.empty()) return child_.errors();
    std::ifstream file("/proc/" + std::to_string(child_.pid()) + "/root" + log_file_);
    return {std::istreambuf_iterator<char>(file), {}};
}

Exposition FlowtapDaemon::scrape() const {
    const test::Reply reply = test::request(port_, "GET", "/metrics");
    if (reply.status() != 200) throw std::runtime_error("scrape: " + reply.head);
    return Exposition::parse(reply.body);
}

Exposition FlowtapDaemon::scrape_at_rest() const {
    Exposition metrics = scrape();
    eventually([&] { return is_at_rest(metrics) || (metrics = scrape(), false); }, kHeldBack);
    return metrics;
}

bool FlowtapDaemon::attaches_to(pid_t pid) const {
    return eventually([&] { return says_attached(log(), pid); });
}

std::optional<int> FlowtapDaemon::stop(int signal) {
    child_.signal(signal);
    return child_.wait();
}

}  // namespace flowtap::system_test

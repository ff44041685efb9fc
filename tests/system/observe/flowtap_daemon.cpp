// SPDX-License-Identifier: Apache-2.0
#include "flowtap_daemon.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <utility>

#include "paths.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test {
namespace {

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

// The number of another process may begin with the digits of this one.
bool FlowtapDaemon::has_attached(pid_t pid) const {
    const std::string text = log();
    const std::string words = "attached to process " + std::to_string(pid);
    for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
        const std::size_t end = at + words.size();
        if (end == text.size() || std::isdigit(static_cast<unsigned char>(text[end])) == 0) return true;
    }
    return false;
}

Exposition FlowtapDaemon::scrape() const {
    const test::Reply reply = test::request(port_, "GET", "/metrics");
    if (reply.status() != 200) throw std::runtime_error("scrape: " + reply.head);
    return Exposition::parse(reply.body);
}

std::optional<int> FlowtapDaemon::stop(int signal) {
    child_.signal(signal);
    return child_.wait();
}

}  // namespace flowtap::system_test

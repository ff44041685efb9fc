// SPDX-License-Identifier: Apache-2.0
#include "contained.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace flowtap::system_test {
namespace {

constexpr const char* kUnshare = "/usr/bin/unshare";

// A PID namespace begins with the next child.
bool forks(const Room& room) { return std::ranges::find(room.namespaces, "--pid") != room.namespaces.end(); }

std::vector<std::string> command_in(const Room& room, const std::vector<std::string>& command) {
    std::vector<std::string> whole = {kUnshare};
    whole.insert(whole.end(), room.namespaces.begin(), room.namespaces.end());
    if (forks(room)) whole.insert(whole.end(), {"--fork", "--kill-child"});
    whole.insert(whole.end(), {"/bin/sh", "-ec", room.furnish + "\nexec \"$@\"", "sh"});
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

pid_t only_child_of(pid_t pid) {
    const std::string text = std::to_string(pid);
    std::ifstream children("/proc/" + text + "/task/" + text + "/children");
    pid_t child = 0;
    if (!(children >> child)) throw std::runtime_error("process " + text + " has no child");
    return child;
}

pid_t pid_said_in(const std::string& line) {
    if (!line.starts_with("ready ")) throw std::runtime_error("not ready: " + line);
    return std::stoi(line.substr(line.find(' ')));
}

}  // namespace

Contained::Contained(const Room& room, const std::vector<std::string>& command)
    : child_(command_in(room, command)),
      own_pid_(pid_said_in(child_.next_line())),
      pid_(forks(room) ? only_child_of(child_.pid()) : child_.pid()) {}

Ledger Contained::run_round() {
    child_.send_line("go");
    return Ledger::parse(child_.next_line());
}

std::optional<int> Contained::leave() {
    child_.send_line("exit");
    return child_.wait();
}

std::string missing_for(const Room& room) {
    if (!std::ifstream(kUnshare)) return kUnshare;
    Child probe(command_in(room, {"/bin/true"}));
    if (probe.wait() == 0) return {};
    return "a room (" + probe.errors() + ")";
}

}  // namespace flowtap::system_test

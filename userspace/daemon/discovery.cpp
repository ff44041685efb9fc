// SPDX-License-Identifier: Apache-2.0
#include "daemon/discovery.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "process/proc_file.h"
#include "process/process_facts.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxCommandLine = 64 << 10;
constexpr std::size_t kMaxPattern = 1024;  // the library's compiler recurses over it
constexpr std::chrono::nanoseconds kLongestPause = std::chrono::minutes(1);

std::set<pid_t> processes(const std::string& proc_root) {
    std::set<pid_t> pids;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(proc_root, error)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (problem == std::errc() && end == name.data() + name.size() && pid != getpid()) pids.insert(pid);
    }
    return pids;
}

// Arguments separated by blanks, none at the end; empty for a kernel thread.
std::string command_line(pid_t pid, const std::string& proc_root) {
    std::string text =
        read_proc_file(proc_root + "/" + std::to_string(pid) + "/cmdline", kMaxCommandLine).text;
    text.erase(text.find_last_not_of('\0') + 1);
    std::ranges::replace(text, '\0', ' ');
    return text;
}

}  // namespace

Result<std::regex> compile_pattern(const std::string& pattern) {
    Error error{"read --match", pattern, "", "give an ECMAScript regular expression", Error::Kind::kUsage};
    try {
        if (pattern.size() <= kMaxPattern)
            return std::regex(pattern, std::regex::ECMAScript | std::regex::optimize);
        error.cause = "longer than " + std::to_string(kMaxPattern) + " bytes";
    } catch (const std::regex_error& caught) {
        error.cause = caught.what();
    }
    return error;
}

Result<Discovery> Discovery::make(const std::vector<std::string>& patterns, bool all) {
    Discovery discovery;
    discovery.all_ = all;
    for (const std::string& pattern : patterns) {
        Result<std::regex> compiled = compile_pattern(pattern);
        if (!compiled) return compiled.error();
        discovery.patterns_.push_back(std::move(*compiled));
    }
    return discovery;
}

bool Discovery::wants(pid_t pid, const std::string& proc_root) const {
    const std::string command = command_line(pid, proc_root);
    if (command.empty()) return false;
    return all_ || std::ranges::any_of(patterns_, [&](const std::regex& pattern) {
               return std::regex_search(command, pattern);
           });
}

Discovery::Candidate& Discovery::candidate(pid_t pid, std::uint64_t start_ticks,
                                           const std::string& proc_root) {
    Candidate& found = candidates_[pid];
    if (found.start_ticks != start_ticks) {
        found = {};
        found.start_ticks = start_ticks;
        found.wanted = wants(pid, proc_root);
    }
    return found;
}

std::vector<pid_t> Discovery::due(std::uint64_t now_ns, const std::string& proc_root) {
    const std::set<pid_t> pids = processes(proc_root);
    std::erase_if(candidates_, [&](const auto& entry) { return !pids.contains(entry.first); });
    std::vector<pid_t> due;
    for (pid_t pid : pids) {
        const auto start_ticks = start_ticks_of(pid, proc_root);
        if (!start_ticks) continue;
        Candidate& one = candidate(pid, *start_ticks, proc_root);
        if (!one.wanted || one.settled || one.next_ns > now_ns) continue;
        one.next_ns = now_ns + static_cast<std::uint64_t>(one.pause.count());
        one.pause = std::min(one.pause * 2, kLongestPause);
        due.push_back(pid);
    }
    return due;
}

void Discovery::settled(pid_t pid) {
    if (const auto found = candidates_.find(pid); found != candidates_.end()) found->second.settled = true;
}

}  // namespace flowtap

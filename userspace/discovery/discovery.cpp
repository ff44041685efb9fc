// SPDX-License-Identifier: Apache-2.0
#include "discovery/discovery.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <limits>
#include <set>

#include "process/proc_file.h"
#include "process/process_facts.h"

namespace flowtap {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxCommandLine = 8 << 20;
constexpr std::size_t kMatchedBytes = 16 << 10;  // of a command line
constexpr std::chrono::nanoseconds kLongestPause = 1min;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
// Most copies of a process soon become another program or end, and cost nothing if nobody looks before.
constexpr std::uint64_t kCopySettles = std::chrono::nanoseconds(1s).count();

// nullopt where the directory cannot be read, as without a free file descriptor.
std::optional<std::set<pid_t>> processes(const std::string& proc_root) {
    std::set<pid_t> pids;
    std::error_code error;
    std::filesystem::directory_iterator entries(proc_root, error);
    if (error) return std::nullopt;
    for (const auto& entry : entries) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (problem == std::errc() && end == name.data() + name.size() && pid != getpid()) pids.insert(pid);
    }
    return pids;
}

// Arguments separated by blanks, none at the end; empty for a kernel thread. nullopt: it could not be read.
std::optional<std::string> command_line(pid_t pid, const std::string& proc_root) {
    ProcFile file = read_proc_file(proc_root + "/" + std::to_string(pid) + "/cmdline", kMaxCommandLine);
    if (file.error != 0 && file.error != EFBIG) return std::nullopt;
    std::string text = std::move(file.text);
    text.erase(text.find_last_not_of('\0') + 1);
    text.resize(std::min(text.size(), kMatchedBytes));
    std::ranges::replace(text, '\0', ' ');
    return text;
}

}  // namespace

Result<Discovery> Discovery::make(const std::vector<std::string>& patterns, bool all) {
    Discovery discovery;
    discovery.all_ = all;
    for (const std::string& pattern : patterns) {
        Result<Pattern> compiled = Pattern::compile(pattern);
        if (!compiled) return compiled.error();
        discovery.patterns_.push_back(std::move(*compiled));
    }
    return discovery;
}

bool Discovery::wants(pid_t pid, const std::string& proc_root) const {
    const std::optional<std::string> command = command_line(pid, proc_root);
    if (!command || command->empty()) return false;
    return all_ ||
           std::ranges::any_of(patterns_, [&](const Pattern& pattern) { return pattern.found_in(*command); });
}

void Discovery::add(pid_t pid, std::uint64_t next_ns, std::uint64_t began_ns) {
    Candidate& candidate = candidates_[pid];
    candidate = {};
    candidate.prospect = {pid, {}, began_ns};
    candidate.next_ns = next_ns;
}

void Discovery::choose(pid_t pid) {
    add(pid, kNever, 0);
    Candidate& candidate = candidates_[pid];
    candidate.chosen = candidate.start_ticks = start_ticks_of(pid).value_or(0);
    candidate.wanted = candidate.settled = true;
}

// A copy of one that is not wanted is looked at later: it may give itself another title, as workers do.
void Discovery::forked(pid_t pid, pid_t parent, std::uint64_t now_ns) {
    candidates_.erase(pid);
    if (!searches() || pid == getpid() || parent == getpid()) return;
    const auto found = candidates_.find(parent);
    const bool known = found != candidates_.end() && found->second.start_ticks != 0;
    const bool of_target = known && found->second.settled;
    add(pid, of_target ? now_ns : now_ns + kCopySettles, now_ns);
    if (of_target) candidates_[pid].prospect.copy_of = parent;
}

void Discovery::became_another_program(pid_t pid, std::uint64_t now_ns) {
    const auto found = candidates_.find(pid);
    const std::uint64_t chosen = found == candidates_.end() ? 0 : found->second.chosen;
    if ((!searches() && chosen == 0) || pid == getpid()) return;
    add(pid, now_ns, now_ns);
    candidates_[pid].chosen = chosen;
}

void Discovery::changed(pid_t pid, std::uint64_t now_ns) {
    const auto found = candidates_.find(pid);
    if (found != candidates_.end()) found->second.next_ns = std::min(found->second.next_ns, now_ns);
}

void Discovery::loaded(pid_t pid, std::uint64_t now_ns) {
    const auto found = candidates_.find(pid);
    if (found == candidates_.end()) return;
    found->second.pause = kShortestPause;
    changed(pid, now_ns);
}

void Discovery::look_through(std::uint64_t now_ns, const std::string& proc_root) {
    const std::optional<std::set<pid_t>> pids = processes(proc_root);
    if (!pids) return;
    std::erase_if(candidates_, [&](const auto& entry) { return !pids->contains(entry.first); });
    if (!searches()) return;
    for (pid_t pid : *pids) {
        const auto found = candidates_.find(pid);
        if (found != candidates_.end() && found->second.start_ticks == 0) continue;  // it is due soon
        const auto start_ticks = start_ticks_of(pid, proc_root);
        if (!start_ticks) continue;
        if (found == candidates_.end() || found->second.start_ticks != *start_ticks) add(pid, now_ns, 0);
    }
}

bool Discovery::inspect(pid_t pid, Candidate& candidate, const std::string& proc_root) const {
    const auto start_ticks = start_ticks_of(pid, proc_root);
    if (!start_ticks) return !has_ended(pid, proc_root);
    if (candidate.start_ticks == *start_ticks) {
        candidate.wanted = candidate.wanted || (!takes_all() && wants(pid, proc_root));
        return true;
    }
    if (candidate.start_ticks != 0) candidate.prospect = {pid, {}, 0};
    candidate.start_ticks = 0;
    // For a lack of descriptors, say: it is not known yet what it is.
    if (!command_line(pid, proc_root)) return !has_ended(pid, proc_root);
    candidate.start_ticks = *start_ticks;
    candidate.settled = false;
    candidate.wanted = candidate.chosen == *start_ticks || wants(pid, proc_root);
    return true;
}

std::vector<Prospect> Discovery::due(std::uint64_t now_ns, const std::string& proc_root) {
    std::vector<Prospect> due;
    for (auto one = candidates_.begin(); one != candidates_.end();) {
        auto& [pid, candidate] = *one;
        if (candidate.next_ns > now_ns || candidate.settled) {
            ++one;
        } else if (!inspect(pid, candidate, proc_root)) {
            one = candidates_.erase(one);
        } else {
            const bool known = candidate.start_ticks != 0;
            candidate.next_ns = candidate.wanted || !known || !takes_all()
                                    ? now_ns + static_cast<std::uint64_t>(candidate.pause.count())
                                    : kNever;
            candidate.pause = std::min(candidate.pause * 2, kLongestPause);
            if (candidate.wanted) due.push_back(candidate.prospect);
            candidate.prospect.copy_of.reset();
            ++one;
        }
    }
    return due;
}

void Discovery::settled(pid_t pid) {
    if (const auto found = candidates_.find(pid); found != candidates_.end()) found->second.settled = true;
}

bool Discovery::waits(pid_t pid) const {
    const auto found = candidates_.find(pid);
    return found != candidates_.end() && found->second.wanted && !found->second.settled;
}

}  // namespace flowtap

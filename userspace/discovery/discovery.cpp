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
// Most copies of a process soon exec or end; until then they are not inspected.
constexpr std::uint64_t kCopySettles = std::chrono::nanoseconds(1s).count();

// nullopt if the directory cannot be read, for example because no file descriptor is free.
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

// Arguments separated by spaces, without one at the end. Empty for a kernel thread; nullopt if it cannot be
// read.
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

bool is_ending(pid_t pid, const std::string& proc_root) {
    const std::optional<std::string> command = command_line(pid, proc_root);
    return command ? command->empty() : has_ended(pid, proc_root);
}

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
    Entry& entry = entries_[pid];
    entry = {};
    entry.candidate = {pid, {}, began_ns};
    entry.next_ns = next_ns;
}

void Discovery::choose(pid_t pid) {
    add(pid, kNever, 0);
    Entry& entry = entries_[pid];
    entry.chosen = entry.start_ticks = start_ticks_of(pid).value_or(0);
    entry.state = State::kDone;
}

// A copy of a process that is not wanted is inspected later: it may change its command line, as workers do.
void Discovery::forked(pid_t pid, pid_t parent, std::uint64_t now_ns) {
    entries_.erase(pid);
    if (!searches() || pid == getpid() || parent == getpid()) return;
    const auto found = entries_.find(parent);
    const bool of_target = found != entries_.end() && found->second.state == State::kDone;
    add(pid, of_target ? now_ns : now_ns + kCopySettles, now_ns);
    if (of_target) entries_[pid].candidate.copy_of = parent;
}

void Discovery::became_another_program(pid_t pid, std::uint64_t now_ns) {
    const auto found = entries_.find(pid);
    const std::uint64_t chosen = found == entries_.end() ? 0 : found->second.chosen;
    if ((!searches() && chosen == 0) || pid == getpid()) return;
    add(pid, now_ns, now_ns);
    entries_[pid].chosen = chosen;
}

void Discovery::changed(pid_t pid, std::uint64_t now_ns) {
    const auto found = entries_.find(pid);
    if (found != entries_.end()) found->second.next_ns = std::min(found->second.next_ns, now_ns);
}

void Discovery::loaded(pid_t pid, std::uint64_t now_ns) {
    const auto found = entries_.find(pid);
    if (found == entries_.end()) return;
    found->second.pause = kShortestPause;
    changed(pid, now_ns);
}

void Discovery::add_copy_gone(std::optional<pid_t> copy_of) {
    if (copy_of) copies_gone_.push_back(*copy_of);
}

void Discovery::search_proc(std::uint64_t now_ns, const std::string& proc_root) {
    const std::optional<std::set<pid_t>> pids = processes(proc_root);
    if (!pids) return;
    std::erase_if(entries_, [&](const auto& one) {
        if (pids->contains(one.first)) return false;
        add_copy_gone(one.second.candidate.copy_of);
        return true;
    });
    if (!searches()) return;
    for (pid_t pid : *pids) {
        const auto found = entries_.find(pid);
        if (found != entries_.end() && found->second.start_ticks == 0) continue;  // new: it is due soon
        const auto start_ticks = start_ticks_of(pid, proc_root);
        if (!start_ticks) continue;
        if (found == entries_.end() || found->second.start_ticks != *start_ticks) add(pid, now_ns, 0);
    }
}

bool Discovery::inspect(pid_t pid, Entry& entry, const std::string& proc_root) const {
    const auto start_ticks = start_ticks_of(pid, proc_root);
    if (!start_ticks) return !has_ended(pid, proc_root);
    if (entry.start_ticks == *start_ticks) {
        if (entry.state == State::kUnwanted && !takes_all() && wants(pid, proc_root))
            entry.state = State::kWanted;
        return true;
    }
    if (entry.start_ticks != 0) entry.candidate = {pid, {}, 0};
    entry.start_ticks = 0;
    entry.state = State::kNew;
    // The process cannot be inspected now, for example for lack of descriptors.
    if (!command_line(pid, proc_root)) return !has_ended(pid, proc_root);
    entry.start_ticks = *start_ticks;
    const bool is_wanted = entry.chosen == *start_ticks || wants(pid, proc_root);
    entry.state = is_wanted ? State::kWanted : State::kUnwanted;
    return true;
}

std::vector<CandidateProcess> Discovery::due(std::uint64_t now_ns, const std::string& proc_root) {
    std::vector<CandidateProcess> due;
    for (auto one = entries_.begin(); one != entries_.end();) {
        auto& [pid, entry] = *one;
        const std::optional<pid_t> copy_of = entry.candidate.copy_of;
        if (entry.next_ns > now_ns || entry.state == State::kDone) {
            ++one;
        } else if (!inspect(pid, entry, proc_root)) {
            add_copy_gone(copy_of);
            one = entries_.erase(one);
        } else {
            const bool is_unwanted = entry.state == State::kUnwanted;
            if (copy_of && is_unwanted && is_ending(pid, proc_root)) add_copy_gone(copy_of);
            entry.next_ns = is_unwanted && takes_all()
                                ? kNever
                                : now_ns + static_cast<std::uint64_t>(entry.pause.count());
            entry.pause = std::min(entry.pause * 2, kLongestPause);
            if (entry.state == State::kWanted) due.push_back(entry.candidate);
            if (entry.state != State::kNew) entry.candidate.copy_of.reset();
            ++one;
        }
    }
    return due;
}

void Discovery::attached(pid_t pid) {
    if (const auto found = entries_.find(pid); found != entries_.end()) found->second.state = State::kDone;
}

bool Discovery::waits(pid_t pid) const {
    const auto found = entries_.find(pid);
    return found != entries_.end() && found->second.state == State::kWanted;
}

}  // namespace flowtap

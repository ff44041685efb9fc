// SPDX-License-Identifier: Apache-2.0
#include "targets/process_table.h"

#include <algorithm>

namespace flowtap {
namespace {

template <typename One, typename Processes>
std::vector<std::reference_wrapper<One>> with_probes(Processes& processes) {
    std::vector<std::reference_wrapper<One>> found;
    for (auto& [pid, process] : processes)
        if (process.target) found.emplace_back(*process.target);
    return found;
}

template <typename One, typename Processes>
std::vector<std::reference_wrapper<One>> each_of(Processes& processes) {
    std::vector<std::reference_wrapper<One>> found;
    found.reserve(processes.size());
    for (auto& [pid, process] : processes) found.emplace_back(process);
    return found;
}

}  // namespace

WatchedProcess* ProcessTable::find(pid_t pid) {
    const auto found = processes_.find(pid);
    return found == processes_.end() ? nullptr : &found->second;
}

const WatchedProcess* ProcessTable::find(pid_t pid) const {
    const auto found = processes_.find(pid);
    return found == processes_.end() ? nullptr : &found->second;
}

ProcessState ProcessTable::state_of(pid_t pid) const {
    const WatchedProcess* process = find(pid);
    return process == nullptr ? ProcessState::kCandidate : process->state();
}

WatchedProcess& ProcessTable::entry(pid_t pid) { return processes_.try_emplace(pid, pid).first->second; }

void ProcessTable::apply(pid_t pid, ProcessEvent event) {
    WatchedProcess& process = entry(pid);
    process.apply(event);
    if (process.is_blank()) processes_.erase(pid);
}

void ProcessTable::forget_overhead(pid_t pid) {
    WatchedProcess* process = find(pid);
    if (process == nullptr) return;
    process->overhead.reset();
    if (process->is_blank()) processes_.erase(pid);
}

Target* ProcessTable::target(pid_t pid) {
    WatchedProcess* process = find(pid);
    return process != nullptr && process->target ? &*process->target : nullptr;
}

const Target* ProcessTable::target(pid_t pid) const {
    const WatchedProcess* process = find(pid);
    return process != nullptr && process->target ? &*process->target : nullptr;
}

std::size_t ProcessTable::target_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(processes_, [](const auto& one) { return one.second.target.has_value(); }));
}

std::vector<std::reference_wrapper<Target>> ProcessTable::targets() {
    return with_probes<Target>(processes_);
}

std::vector<std::reference_wrapper<const Target>> ProcessTable::targets() const {
    return with_probes<const Target>(processes_);
}

std::vector<std::reference_wrapper<WatchedProcess>> ProcessTable::all() {
    return each_of<WatchedProcess>(processes_);
}

std::vector<std::reference_wrapper<const WatchedProcess>> ProcessTable::all() const {
    return each_of<const WatchedProcess>(processes_);
}

std::vector<pid_t> ProcessTable::pids(const std::function<bool(const WatchedProcess&)>& wanted) const {
    std::vector<pid_t> found;
    for (const auto& [pid, process] : processes_)
        if (wanted(process)) found.push_back(pid);
    return found;
}

}  // namespace flowtap

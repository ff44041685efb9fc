// SPDX-License-Identifier: Apache-2.0
#include "pipeline/open_executions.h"

#include <utility>

namespace flowtap {
namespace {

bool dies_with_thread(const Execution& execution) {
    return execution.key_kind != FT_KEY_COROUTINE && execution.key_kind != FT_KEY_OBJECT &&
           execution.key_kind != FT_KEY_CONTEXT;
}

bool is_native_workflow(const Execution& execution) {
    return !execution.python && dies_with_thread(execution) &&
           std::holds_alternative<WorkflowIdentity>(*execution.identity);
}

}  // namespace

std::vector<std::uint64_t> OpenExecutions::keys(std::uint32_t tgid) const {
    std::vector<std::uint64_t> keys;
    const auto process = processes_.find(tgid);
    if (process == processes_.end()) return keys;
    keys.reserve(process->second.executions.size());
    for (const auto& [key, execution] : process->second.executions) keys.push_back(key);
    return keys;
}

OpenExecutions::Process* OpenExecutions::find_process(std::uint32_t tgid) {
    if (latest_ != nullptr && latest_->first == tgid) return &latest_->second;
    const auto process = processes_.find(tgid);
    if (process == processes_.end()) return nullptr;
    latest_ = &*process;
    return &latest_->second;
}

void OpenExecutions::forget_process(std::uint32_t tgid) {
    latest_ = nullptr;
    processes_.erase(tgid);
}

Execution* OpenExecutions::find(std::uint32_t tgid, std::uint64_t key) {
    Process* process = find_process(tgid);
    if (process == nullptr) return nullptr;
    const auto execution = process->executions.find(key);
    return execution == process->executions.end() ? nullptr : &execution->second;
}

Execution* OpenExecutions::any(std::uint32_t tgid) {
    Process* process = find_process(tgid);
    if (process == nullptr || process->executions.empty()) return nullptr;
    return &process->executions.begin()->second;
}

OpenExecutions::Thread* OpenExecutions::find_thread(std::uint32_t tgid, std::uint32_t tid) {
    Process* process = find_process(tgid);
    if (process == nullptr) return nullptr;
    const auto thread = process->threads.find(tid);
    return thread == process->threads.end() ? nullptr : &thread->second;
}

Execution* OpenExecutions::newest_on_thread(std::uint32_t tgid, std::uint32_t tid) {
    const Thread* thread = find_thread(tgid, tid);
    return thread == nullptr ? nullptr : thread->bound.newest();
}

Execution* OpenExecutions::innermost_native_workflow(std::uint32_t tgid, std::uint32_t tid) {
    const Thread* thread = find_thread(tgid, tid);
    return thread == nullptr ? nullptr : thread->workflows.newest();
}

Execution* OpenExecutions::lowest_on_stack(std::uint32_t tgid, std::uint64_t from, std::uint64_t to) {
    Process* process = find_process(tgid);
    if (process == nullptr) return nullptr;
    const auto found = process->on_stacks.lower_bound(from);
    return found == process->on_stacks.end() || found->first >= to ? nullptr : found->second;
}

Execution* OpenExecutions::at_stack(std::uint32_t tgid, std::uint64_t stack) {
    return stack == 0 ? nullptr : lowest_on_stack(tgid, stack, stack + 1);
}

Execution& OpenExecutions::insert(Execution&& execution) {
    Process* known = find_process(execution.tgid);
    Process& process =
        known == nullptr ? processes_.try_emplace(execution.tgid, &memory_).first->second : *known;
    const auto key = execution.key;
    Execution& kept = process.executions.try_emplace(key, std::move(execution)).first->second;
    link(process, kept);
    ++size_;
    return kept;
}

void OpenExecutions::erase(const Execution& execution) {
    Process& process = *find_process(execution.tgid);
    const auto kept = process.executions.find(execution.key);
    unlink(process, kept->second);
    process.executions.erase(kept);
    --size_;
}

void OpenExecutions::link(Process& process, Execution& execution) {
    if (execution.call_stack != 0) process.on_stacks.emplace(execution.call_stack, &execution);
    if (!dies_with_thread(execution)) return;
    Thread& thread = process.threads[execution.tid];
    thread.bound.push(execution);
    if (is_native_workflow(execution)) thread.workflows.push(execution);
}

void OpenExecutions::unlink(Process& process, Execution& execution) {
    if (execution.call_stack != 0) process.on_stacks.erase(execution.call_stack);
    if (!dies_with_thread(execution)) return;
    const auto thread = process.threads.find(execution.tid);
    thread->second.bound.remove(execution);
    if (is_native_workflow(execution)) thread->second.workflows.remove(execution);
    if (thread->second.bound.empty()) process.threads.erase(thread);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bpf/event.h"
#include "pipeline/intrusive_stack.h"
#include "pipeline/outcome.h"

namespace flowtap {

// An execution that began and has not ended.
struct Execution {
    std::uint64_t key = 0;
    std::uint64_t token = 0;
    std::uint32_t tgid = 0;
    std::uint32_t tid = 0;  // thread it began on
    ft_key_kind key_kind = FT_KEY_STACK;
    bool python = false;
    // Native calls: the stack pointer at the function's entry, which shows whether the call was left;
    // otherwise 0.
    std::uint64_t call_stack = 0;

    std::uint64_t begin_ns = 0;

    SharedIdentity identity;

    StackLinks<Execution> on_thread = {};            // used if the execution ends with its thread
    StackLinks<Execution> workflows_on_thread = {};  // used by native workflows
};

// All open executions, found in constant time by process and key, by process, and by thread; native ones by
// their place on a stack, too. References stay valid until the execution is erased.
class OpenExecutions {
public:
    OpenExecutions() = default;
    OpenExecutions(const OpenExecutions&) = delete;
    OpenExecutions& operator=(const OpenExecutions&) = delete;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::vector<std::uint64_t> keys(std::uint32_t tgid) const;

    // Null if there is none.
    [[nodiscard]] Execution* find(std::uint32_t tgid, std::uint64_t key);
    [[nodiscard]] Execution* any(std::uint32_t tgid);
    // Of the executions that end with the thread, the latest to begin.
    [[nodiscard]] Execution* newest_on_thread(std::uint32_t tgid, std::uint32_t tid);
    // The native call that began at this place of a stack.
    [[nodiscard]] Execution* at_stack(std::uint32_t tgid, std::uint64_t stack);
    // The innermost native call that began with a stack pointer in [from, to).
    [[nodiscard]] Execution* lowest_on_stack(std::uint32_t tgid, std::uint64_t from, std::uint64_t to);
    [[nodiscard]] Execution* innermost_native_workflow(std::uint32_t tgid, std::uint32_t tid);

    // Precondition: none with its tgid and its key, or its call_stack, is open.
    Execution& insert(Execution&& execution);
    void erase(const Execution& execution);

    // Releases the process's containers. Precondition: none of its executions is open.
    void forget_process(std::uint32_t tgid);

private:
    struct Thread {
        IntrusiveStack<Execution, &Execution::on_thread> bound;
        IntrusiveStack<Execution, &Execution::workflows_on_thread> workflows;
    };
    struct Process {
        explicit Process(std::pmr::memory_resource* memory)
            : executions(memory), threads(memory), on_stacks(memory) {}
        std::pmr::unordered_map<std::uint64_t, Execution> executions;
        std::pmr::unordered_map<std::uint32_t, Thread> threads;  // those with bound executions
        std::pmr::map<std::uint64_t, Execution*> on_stacks;      // those with a call_stack, by its value
    };

    Process* find_process(std::uint32_t tgid);
    Thread* find_thread(std::uint32_t tgid, std::uint32_t tid);
    static void link(Process& process, Execution& execution);
    static void unlink(Process& process, Execution& execution);

    // Executions come and go with every event: their memory is recycled here, not by the heap.
    std::pmr::unsynchronized_pool_resource memory_;
    std::unordered_map<std::uint32_t, Process> processes_;
    // The process of the last lookup, because consecutive events often belong to one process. Null: none.
    std::pair<const std::uint32_t, Process>* latest_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace flowtap

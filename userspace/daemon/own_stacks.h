// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "pipeline/event_decoder.h"
#include "process/thread_stack.h"

namespace flowtap {

// Distinguishes a longjmp from a switch between stacks. Caches the bounds of each thread's stack, because
// finding them means reading the process's maps.
class OwnStacks {
public:
    // Whether the jump stayed on the thread's original stack. Other stacks are unknown.
    bool hold(const LeftEvent& jump);

    void forget_thread(std::uint32_t tgid, std::uint32_t tid) { known_.erase({tgid, tid}); }
    void forget_process(std::uint32_t tgid);

private:
    std::map<std::pair<std::uint32_t, std::uint32_t>, StackBounds> known_;  // by tgid and tid
};

}  // namespace flowtap

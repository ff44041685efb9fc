// SPDX-License-Identifier: Apache-2.0
#include "daemon/own_stacks.h"

namespace flowtap {

bool OwnStacks::hold(const LeftEvent& jump) {
    const std::pair thread(jump.header.tgid, jump.header.tid);
    const auto known = known_.find(thread);
    if (known != known_.end() && known->second.hold(jump.stack_from, jump.stack_to)) return true;
    const StackOwner owner{.thread_pointer = jump.own_stack, .first_thread = thread.first == thread.second};
    const auto bounds = own_stack_of(static_cast<pid_t>(thread.first), owner, jump.stack_from);
    if (!bounds || !bounds->hold(jump.stack_from, jump.stack_to)) return false;
    known_.insert_or_assign(thread, *bounds);
    return true;
}

void OwnStacks::forget_process(std::uint32_t tgid) {
    known_.erase(known_.lower_bound({tgid, 0}), known_.upper_bound({tgid, UINT32_MAX}));
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "bpf/event.h"
#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// An execution of one of a plan's points on a thread's stack.
struct UnderWay {
    std::uint64_t key = 0;  // the key that the BPF program would have used
    ft_key_kind key_kind = FT_KEY_FRAME;
    std::size_t point = 0;  // index into Plan::points
    bool operator==(const UnderWay&) const = default;
};

// The executions on the stacks of a process's threads now, of the wanted codes: probes that are placed later
// have not seen them begin. Excludes suspended ones, and points that are recognised by something else than
// their code (calls of instances, context variables). Leaves out whatever cannot be read.
std::vector<UnderWay> executions_under_way(const Plan& plan, const Memory& memory,
                                           const std::function<bool(const PlannedCode&)>& wanted);

}  // namespace flowtap

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

// An execution of one of a plan's points that a thread is in.
struct UnderWay {
    std::uint64_t key = 0;  // as the kernel would have keyed it
    ft_key_kind key_kind = FT_KEY_FRAME;
    std::size_t point = 0;  // index into Plan::points
    bool operator==(const UnderWay&) const = default;
};

// Those on the stacks of a process's threads now, of the codes that are wanted: what probes placed later have
// not seen begin. Not those that are suspended, nor those recognised otherwise than by their code (calls of
// instances, context variables). Whatever cannot be read is left out.
std::vector<UnderWay> executions_under_way(const Plan& plan, const Memory& memory,
                                           const std::function<bool(const PlannedCode&)>& wanted);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "code/function/forwarding.h"

#include <algorithm>
#include <set>

namespace flowtap {

std::optional<std::uint64_t> forwards_to(const FunctionCode& function) {
    if (!function.unresolved_jumps().empty()) return std::nullopt;
    const bool returns = std::ranges::any_of(
        function.nodes(), [](const auto& entry) { return entry.second.instruction.flow == Flow::kReturn; });
    std::set<std::optional<std::uint64_t>> targets;
    for (const TailCall& tail : function.tail_calls()) targets.insert(tail.target);
    return returns || targets.size() != 1 ? std::nullopt : *targets.begin();
}

}  // namespace flowtap

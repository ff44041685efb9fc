// SPDX-License-Identifier: Apache-2.0
#include "elf/local_site.h"

#include "elf/instruction.h"

namespace flowtap {

std::optional<LocalSite> site_after_call(const CodeSource& source, std::uint64_t call) {
    constexpr int kFarthest = 8;
    const std::optional<Instruction> first = decode_instruction(source, call);
    if (!first || first->flow != Flow::kCall) return std::nullopt;
    RegisterSet result(Register::kRax);
    std::uint64_t at = first->next();
    for (int i = 0; i < kFarthest && !result.empty(); i++) {
        const std::optional<Instruction> next = decode_instruction(source, at);
        if (!next) return std::nullopt;
        if (next->cost == ProbeCost::kEmulated && !next->is_nop5) {
            const Site site{at, SiteCost::kEmulated, std::nullopt, "first emulated instruction after the call"};
            return LocalSite{site, result.members().front()};
        }
        if (next->flow != Flow::kNext) return std::nullopt;
        const bool copies = next->copy && result.contains(next->copy->from);
        result = result - next->writes;
        if (copies) result = result | RegisterSet(next->copy->to);
        at = next->next();
    }
    return std::nullopt;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "sites/local_site.h"

#include "code/instruction.h"

namespace flowtap {

std::optional<LocalSite> site_from(const CodeSource& source, std::uint64_t address, RegisterSet holders) {
    constexpr int kFarthest = 32;
    for (int i = 0; i < kFarthest && !holders.empty(); i++) {
        const std::optional<Instruction> next = decode_instruction(source, address);
        if (!next) return std::nullopt;
        if (next->cost == ProbeCost::kEmulated && !next->may_become_call) {
            const Site site{address, SiteCost::kEmulated, std::nullopt,
                            "first emulated instruction on this path"};
            return LocalSite{site, holders.members().front()};
        }
        if (next->flow != Flow::kNext) return std::nullopt;
        const bool copies = next->copy && holders.contains(next->copy->from);
        holders = holders - next->writes;
        if (copies) holders = holders | RegisterSet(next->copy->to);
        address = next->next();
    }
    return std::nullopt;
}

std::optional<LocalSite> site_after_call(const CodeSource& source, std::uint64_t call) {
    const std::optional<Instruction> instruction = decode_instruction(source, call);
    if (!instruction || instruction->flow != Flow::kCall) return std::nullopt;
    return site_from(source, instruction->next(), RegisterSet(arch::kResult));
}

}  // namespace flowtap

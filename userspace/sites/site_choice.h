// SPDX-License-Identifier: Apache-2.0
// What every kind of site has in common.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "elf/symbols/address_text.h"
#include "sites/site.h"

namespace flowtap {

// Whether a probe may be put there at all.
inline bool may_hold_site(const FunctionCode& function, const Instruction& instruction) {
    const bool is_hazard = instruction.may_become_call && instruction.address != function.entry();
    return !is_hazard && !instruction.is_branch_target && instruction.cost != ProbeCost::kRefused;
}

inline bool is_cheap_site(const FunctionCode& function, const Instruction& instruction) {
    return may_hold_site(function, instruction) && instruction.cost == ProbeCost::kEmulated;
}

// The straight run from the entry up to and including the first branch or call: what every entry crosses,
// once, and in this order. Empty if the entry itself is jumped to.
std::vector<const FunctionCode::Node*> entry_run(const FunctionCode& function);

inline Site make_site(const FunctionCode::Node& node, std::string reason) {
    const SiteCost cost =
        node.instruction.cost == ProbeCost::kEmulated ? SiteCost::kEmulated : SiteCost::kSingleStep;
    return {node.instruction.address, cost, node.stack_adjust, std::move(reason)};
}

inline Error no_site(const FunctionCode& function, const std::string& what, std::string cause) {
    return {"choose " + what + " of the function at",
            address_text(function.entry()),
            std::move(cause),
            {},
            Error::Kind::kNoTarget};
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "code/function/early_return.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

bool only_returns(const FunctionCode& function, std::uint64_t address) {
    constexpr int kLongestEpilogue = 16;
    const Node* node = function.at(address);
    for (int i = 0; node != nullptr && i < kLongestEpilogue; i++) {
        const Instruction& instruction = node->instruction;
        if (instruction.flow == Flow::kReturn) return true;
        const bool goes_on = instruction.flow == Flow::kNext || instruction.flow == Flow::kJump;
        if (!goes_on || instruction.stores || node->successors.size() != 1) return false;
        node = function.at(node->successors.front());
    }
    return false;
}

}  // namespace

std::optional<std::uint64_t> way_past_early_return(const FunctionCode& function) {
    const Node* node = function.at(function.entry());
    while (node != nullptr && node->instruction.flow == Flow::kNext && node->successors.size() == 1)
        node = function.at(node->successors.front());
    if (node == nullptr || node->instruction.flow != Flow::kConditional || node->successors.size() != 2)
        return std::nullopt;
    const bool first_returns = only_returns(function, node->successors[0]);
    if (first_returns == only_returns(function, node->successors[1])) return std::nullopt;
    return node->successors[first_returns ? 1 : 0];
}

bool leads_alone(const FunctionCode& function, std::uint64_t first, std::uint64_t second) {
    constexpr int kFarthest = 32;
    for (int i = 0; i < kFarthest; i++) {
        const Node* node = function.at(first);
        if (node == nullptr || node->predecessors.size() != 1 || node->landing_pad) return false;
        if (first == second) return true;
        if (node->successors.size() != 1) return false;
        first = node->successors.front();
    }
    return false;
}

}  // namespace flowtap

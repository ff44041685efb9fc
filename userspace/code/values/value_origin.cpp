// SPDX-License-Identifier: Apache-2.0
#include "code/values/value_origin.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "code/operation.h"

namespace flowtap {
namespace {

enum class Made : uint8_t { kNoField, kMaybeField, kBefore };

bool is_in_frame(const FunctionCode::Node& node, const MemoryPlace& place) {
    return place.base == arch::kStackPointer ||
           (place.base == arch::kFramePointer && node.frame_adjust.has_value());
}

// By the instruction that sets the register last.
Made made_by(const CodeSource& source, const FunctionCode::Node& node, int displacement) {
    const Instruction& instruction = node.instruction;
    if (instruction.is_call()) return Made::kNoField;
    const auto operation = decode_operation(source, instruction.address);
    if (!operation) return Made::kMaybeField;
    const Operand& from = operation->second;
    switch (operation->kind) {
        case Operation::Kind::kAddress:
            if (is_in_frame(node, from.memory)) return Made::kNoField;
            return from.memory.displacement == displacement ? Made::kMaybeField : Made::kNoField;
        case Operation::Kind::kAdd:
        case Operation::Kind::kSubtract:
            return is_constant(from) && from.constant != displacement ? Made::kBefore : Made::kMaybeField;
        default:
            return Made::kMaybeField;
    }
}

class ValueOrigins {
public:
    ValueOrigins(const CodeSource& source, const FunctionCode& function, int displacement, bool is_called)
        : source_(source), function_(function), displacement_(displacement), is_called_(is_called) {}

    bool are_no_fields(uint64_t before, Register held) {
        constexpr size_t kMost = 4096;
        if (!go_back(before, held)) return false;
        while (!pending_.empty()) {
            const auto [address, wanted] = pending_.back();
            pending_.pop_back();
            if (!seen_.emplace(address, wanted).second) continue;
            if (seen_.size() > kMost || !fits(address, wanted)) return false;
        }
        return true;
    }

private:
    // False where the register has come from elsewhere, and may be anything.
    bool go_back(uint64_t from, Register wanted) {
        const FunctionCode::Node* node = function_.at(from);
        if (node == nullptr || node->landing_pad) return false;
        if (from == function_.entry() && !(is_called_ && argument_registers_.contains(wanted))) return false;
        for (const uint64_t before : node->predecessors) pending_.emplace_back(before, wanted);
        return !node->predecessors.empty() || from == function_.entry();
    }

    bool fits(uint64_t address, Register wanted) {
        const FunctionCode::Node& node = *function_.at(address);
        if (!node.instruction.writes.contains(wanted)) return go_back(address, wanted);
        if (node.instruction.copy) return go_back(address, node.instruction.copy->from);
        // Of what a call may change, one register is what it returns.
        if (node.instruction.is_call() && wanted != arch::kResult) return false;
        const Made made = made_by(source_, node, displacement_);
        return made == Made::kNoField || (made == Made::kBefore && go_back(address, wanted));
    }

    static constexpr RegisterSet argument_registers_ = RegisterSet::of(arch::kArguments);

    const CodeSource& source_;
    const FunctionCode& function_;
    int displacement_;
    bool is_called_;
    std::set<std::pair<uint64_t, Register>> seen_;
    std::vector<std::pair<uint64_t, Register>> pending_;
};

}  // namespace

bool is_no_field(const CodeSource& source, const FunctionCode& function, uint64_t before, Register held,
                 int displacement, bool is_called) {
    return ValueOrigins(source, function, displacement, is_called).are_no_fields(before, held);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "code/values/callee_pointer.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "code/operation.h"

namespace flowtap {
namespace {

// A 64-bit word in memory at a displacement from one register, or at an address of its own.
bool is_plain_word(const Operand& operand) {
    return is_memory(operand) && !operand.memory.has_index && !operand.memory.by_thread_pointer &&
           operand.bits == 64;
}

bool sets_to_constant(const Operation& operation) {
    const Operand& from = operation.second;
    if (operation.kind == Operation::Kind::kAddress) return !from.memory.has_index && !from.memory.base;
    return operation.kind == Operation::Kind::kMove && is_constant(from);
}

// What a register is wanted to hold: the pointer that is called, or the address of the variable it is in; of
// the object with the other field's second word, it may be that too.
enum class Wanted { kCallee, kVariable, kVariableOrObject };

// Where on the stack a word lies, from the return address; none for what is elsewhere.
std::optional<std::int64_t> stack_place(const Operand& operand, const FunctionCode::Node& node) {
    if (!is_plain_word(operand) || operand.memory.base != arch::kStackPointer || !node.stack_adjust)
        return std::nullopt;
    return operand.memory.displacement - *node.stack_adjust;
}

// The same word of a frame that the frame pointer points to.
bool is_same_frame_word(const Operand& one, const Operand& other) {
    return is_plain_word(one) && one.memory.base == arch::kFramePointer &&
           other.memory.base == arch::kFramePointer && one.memory.displacement == other.memory.displacement;
}

// Follows registers back to the instructions that set them, through copies.
class Origins {
public:
    Origins(const CodeSource& source, const FunctionCode& function, int field, FieldOfField other)
        : source_(source), function_(function), field_(field), other_(other) {}

    // Whether all ways to the call of `callee`, an operand of it, give it a fitting pointer.
    bool all_fit(uint64_t call, const Operand& callee) {
        constexpr size_t kMost = 512;
        const auto& pointer = callee.whole;
        if (!(pointer ? go_back(call, *pointer, Wanted::kCallee) : is_wanted_word(call, callee)))
            return false;
        while (!pending_.empty()) {
            const Step step = pending_.back();
            pending_.pop_back();
            if (!seen_.insert(step).second) continue;
            if (seen_.size() > kMost || !fits(step)) return false;
        }
        return true;
    }

private:
    using Step = std::tuple<uint64_t, Register, Wanted>;

    // False at the function's entry, where the register has come from elsewhere.
    bool go_back(uint64_t from, Register wanted, Wanted as) {
        const FunctionCode::Node* node = function_.at(from);
        if (node == nullptr || node->predecessors.empty() || node->landing_pad || from == function_.entry())
            return false;
        for (const uint64_t before : node->predecessors) pending_.emplace_back(before, wanted, as);
        return true;
    }

    // False where it cannot be; else it is, or it is if what is pending fits.
    bool is_wanted_word(uint64_t address, const Operand& operand) {
        if (!is_plain_word(operand)) return false;
        const MemoryPlace& place = operand.memory;
        if (!place.base) return true;
        if (place.base == arch::kStackPointer || is_in_frame(place)) return go_to_stores(address, operand);
        if (place.displacement == field_) return true;
        const bool may_be_other = place.displacement == other_.second;
        return go_back(address, *place.base, may_be_other ? Wanted::kVariableOrObject : Wanted::kVariable);
    }

    // Below where the function set its frame pointer.
    bool is_in_frame(const MemoryPlace& place) {
        if (place.base != arch::kFramePointer || place.displacement >= 0) return false;
        return std::ranges::any_of(function_.nodes(), [](const auto& entry) {
            const auto& copy = entry.second.instruction.copy;
            return copy && copy->from == arch::kStackPointer && copy->to == arch::kFramePointer;
        });
    }

    // Back from everything that is put into a place on the stack; false where that cannot be told.
    bool go_to_stores(uint64_t address, const Operand& place) {
        const auto wanted = stack_place(place, *function_.at(address));
        bool any = false;
        for (const auto& [at, node] : function_.nodes()) {
            const auto operation = decode_operation(source_, at);
            if (!operation || operation->kind != Operation::Kind::kMove) continue;
            const Operand& to = operation->first;
            const bool same_place = wanted && stack_place(to, node) == wanted;
            if (!same_place && !is_same_frame_word(to, place)) continue;
            const auto& from = operation->second.whole;
            if (!from || !go_back(at, *from, Wanted::kCallee)) return false;
            any = true;
        }
        return any;
    }

    bool fits(const Step& step) {
        const auto& [address, wanted, as] = step;
        const Instruction& instruction = function_.at(address)->instruction;
        if (!instruction.writes.contains(wanted)) return go_back(address, wanted, as);
        if (instruction.copy) return go_back(address, instruction.copy->from, as);
        const auto operation = decode_operation(source_, address);
        if (!operation) return false;
        if (as == Wanted::kVariableOrObject && loads_other_object(*operation)) return true;
        if (as != Wanted::kCallee) return sets_to_constant(*operation);
        return operation->kind == Operation::Kind::kMove && is_wanted_word(address, operation->second);
    }

    [[nodiscard]] bool loads_other_object(const Operation& operation) const {
        const Operand& from = operation.second;
        return operation.kind == Operation::Kind::kMove && is_plain_word(from) && from.memory.base &&
               from.memory.base != arch::kStackPointer && from.memory.displacement == other_.first;
    }

    const CodeSource& source_;
    const FunctionCode& function_;
    int field_;
    FieldOfField other_;
    std::set<Step> seen_;
    std::vector<Step> pending_;
};

}  // namespace

bool calls_fixed_or_field(const CodeSource& source, const FunctionCode& function, const Instruction& call,
                          int field, FieldOfField other) {
    if (call.flow != Flow::kIndirectCall) return false;
    const auto operation = decode_operation(source, call.address);
    return operation && Origins(source, function, field, other).all_fit(call.address, operation->first);
}

}  // namespace flowtap

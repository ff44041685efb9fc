// SPDX-License-Identifier: Apache-2.0
#include "code/callee_pointer.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "code/x86_64/decoder.h"

namespace flowtap {
namespace {

// A 64-bit word in memory at a displacement from one register, or at an address of its own.
bool is_plain_word(const ZydisDecodedOperand& operand) {
    return operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.index == ZYDIS_REGISTER_NONE &&
           operand.mem.segment != ZYDIS_REGISTER_FS && operand.size == 64;
}

bool has_address_of_its_own(const ZydisDecodedOperand& operand) {
    return operand.mem.base == ZYDIS_REGISTER_NONE || operand.mem.base == ZYDIS_REGISTER_RIP;
}

// lea disp(%rip), %r; mov $imm, %r.
bool sets_to_constant(const Decoded& decoded) {
    if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_LEA) {
        const auto& place = decoded.operand(1).mem;
        return place.index == ZYDIS_REGISTER_NONE && has_address_of_its_own(decoded.operand(1));
    }
    return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV &&
           decoded.operand(1).type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

// What a register is wanted to hold: the pointer that is called, or the address of the variable it is in; of
// the object with the other field's second word, it may be that too.
enum class Wanted { kCallee, kVariable, kVariableOrObject };

// Where on the stack a word lies, from the return address; none for what is elsewhere.
std::optional<std::int64_t> stack_place(const ZydisDecodedOperand& operand, const FunctionCode::Node& node) {
    if (!is_plain_word(operand) || operand.mem.base != ZYDIS_REGISTER_RSP || !node.stack_adjust)
        return std::nullopt;
    return operand.mem.disp.value - *node.stack_adjust;
}

// The same word of a frame that rbp points to.
bool is_same_frame_word(const ZydisDecodedOperand& one, const ZydisDecodedOperand& other) {
    return is_plain_word(one) && one.mem.base == ZYDIS_REGISTER_RBP && other.mem.base == ZYDIS_REGISTER_RBP &&
           one.mem.disp.value == other.mem.disp.value;
}

// Follows registers back to the instructions that set them, through copies.
class Origins {
public:
    Origins(const CodeSource& source, const FunctionCode& function, int field, FieldOfField other)
        : source_(source), function_(function), field_(field), other_(other) {}

    // Whether all ways to the call of `callee`, an operand of it, give it a fitting pointer.
    bool all_fit(uint64_t call, const ZydisDecodedOperand& callee) {
        constexpr size_t kMost = 512;
        const auto pointer = full_register(callee);
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
    bool is_wanted_word(uint64_t address, const ZydisDecodedOperand& operand) {
        if (!is_plain_word(operand)) return false;
        if (has_address_of_its_own(operand)) return true;
        if (operand.mem.base == ZYDIS_REGISTER_RSP || is_in_frame(operand))
            return go_to_stores(address, operand);
        if (operand.mem.disp.value == field_) return true;
        const auto base = general_register(operand.mem.base);
        const bool may_be_other = operand.mem.disp.value == other_.second;
        return base && go_back(address, *base, may_be_other ? Wanted::kVariableOrObject : Wanted::kVariable);
    }

    // Below the frame that "mov %rsp, %rbp" made.
    bool is_in_frame(const ZydisDecodedOperand& operand) {
        if (operand.mem.base != ZYDIS_REGISTER_RBP || operand.mem.disp.value >= 0) return false;
        return std::ranges::any_of(function_.nodes(), [](const auto& entry) {
            const auto& copy = entry.second.instruction.copy;
            return copy && copy->from == Register::kRsp && copy->to == Register::kRbp;
        });
    }

    // Back from everything that is put into a place on the stack; false where that cannot be told.
    bool go_to_stores(uint64_t address, const ZydisDecodedOperand& place) {
        const auto wanted = stack_place(place, *function_.at(address));
        bool any = false;
        for (const auto& [at, node] : function_.nodes()) {
            const auto decoded = decode(source_, at);
            if (!decoded || decoded->instruction.mnemonic != ZYDIS_MNEMONIC_MOV) continue;
            const ZydisDecodedOperand& to = decoded->operand(0);
            const bool same_place = wanted && stack_place(to, node) == wanted;
            if (!same_place && !is_same_frame_word(to, place)) continue;
            const auto from = full_register(decoded->operand(1));
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
        const auto decoded = decode(source_, address);
        if (!decoded) return false;
        if (as == Wanted::kVariableOrObject && loads_other_object(*decoded)) return true;
        if (as != Wanted::kCallee) return sets_to_constant(*decoded);
        return decoded->instruction.mnemonic == ZYDIS_MNEMONIC_MOV &&
               is_wanted_word(address, decoded->operand(1));
    }

    [[nodiscard]] bool loads_other_object(const Decoded& decoded) const {
        const ZydisDecodedOperand& from = decoded.operand(1);
        return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV && is_plain_word(from) &&
               !has_address_of_its_own(from) && from.mem.base != ZYDIS_REGISTER_RSP &&
               from.mem.disp.value == other_.first;
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
    const auto decoded = decode(source, call.address);
    return decoded && Origins(source, function, field, other).all_fit(call.address, decoded->operand(0));
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "elf/callee_pointer.h"

#include <set>
#include <utility>
#include <vector>

#include "elf/decoder.h"

namespace flowtap {
namespace {

bool is_fixed_or_field(const ZydisDecodedOperand& operand, int field) {
    if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.index != ZYDIS_REGISTER_NONE ||
        operand.mem.segment == ZYDIS_REGISTER_FS || operand.size != 64)
        return false;
    if (operand.mem.base == ZYDIS_REGISTER_NONE || operand.mem.base == ZYDIS_REGISTER_RIP) return true;
    return operand.mem.base != ZYDIS_REGISTER_RSP && operand.mem.disp.value == field;
}

// Follows a register back to the instructions that set it, through copies.
class Origins {
public:
    Origins(const CodeSource& source, const FunctionCode& function, int field)
        : source_(source), function_(function), field_(field) {}

    bool all_fit(uint64_t before, Register pointer) {
        constexpr size_t kMost = 512;
        if (!go_back(before, pointer)) return false;
        while (!pending_.empty()) {
            const auto [address, wanted] = pending_.back();
            pending_.pop_back();
            if (!seen_.insert({address, wanted}).second) continue;
            if (seen_.size() > kMost || !fits(address, wanted)) return false;
        }
        return true;
    }

private:
    // False at the function's entry, where the register has come from elsewhere.
    bool go_back(uint64_t from, Register wanted) {
        const FunctionCode::Node* node = function_.at(from);
        if (node == nullptr || node->predecessors.empty() || node->landing_pad || from == function_.entry())
            return false;
        for (const uint64_t before : node->predecessors) pending_.emplace_back(before, wanted);
        return true;
    }

    bool fits(uint64_t address, Register wanted) {
        const Instruction& instruction = function_.at(address)->instruction;
        if (!instruction.writes.contains(wanted)) return go_back(address, wanted);
        if (instruction.copy) return go_back(address, instruction.copy->from);
        const auto decoded = decode(source_, address);
        return decoded && decoded->instruction.mnemonic == ZYDIS_MNEMONIC_MOV &&
               is_fixed_or_field(decoded->operand(1), field_);
    }

    const CodeSource& source_;
    const FunctionCode& function_;
    int field_;
    std::set<std::pair<uint64_t, Register>> seen_;
    std::vector<std::pair<uint64_t, Register>> pending_;
};

}  // namespace

bool calls_fixed_or_field(const CodeSource& source, const FunctionCode& function, const Instruction& call,
                          int field) {
    if (call.flow != Flow::kIndirectCall) return false;
    const auto decoded = decode(source, call.address);
    if (!decoded) return false;
    if (is_fixed_or_field(decoded->operand(0), field)) return true;
    const auto pointer = full_register(decoded->operand(0));
    return pointer && Origins(source, function, field).all_fit(call.address, *pointer);
}

}  // namespace flowtap

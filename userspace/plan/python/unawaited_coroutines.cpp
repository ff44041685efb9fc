// SPDX-License-Identifier: Apache-2.0
// Objects/genobject.c: _PyGen_Finalize().
//
//     if ((code->co_flags & CO_COROUTINE) && gen->gi_frame_state == FRAME_CREATED)
//         _PyErr_WarnUnawaitedCoroutine((PyObject *)gen);
#include "plan/python/unawaited_coroutines.h"

#include <optional>
#include <set>

#include "code/direct_calls.h"
#include "code/x86_64/decoder.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

// "cmp $FRAME_CREATED, %r8", or the same with the state in memory.
bool compares_with_created(const Interpreter& interpreter, const Instruction& instruction) {
    const auto decoded = decode(interpreter.elf(), instruction.address);
    if (!decoded || decoded->instruction.mnemonic != ZYDIS_MNEMONIC_CMP) return false;
    const ZydisDecodedOperand& state = decoded->operand(0);
    const ZydisDecodedOperand& value = decoded->operand(1);
    if (state.size != 8 || value.type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
        static_cast<std::int8_t>(value.imm.value.u) != interpreter.version().states.created)
        return false;
    return state.type == ZYDIS_OPERAND_TYPE_REGISTER ||
           (state.type == ZYDIS_OPERAND_TYPE_MEMORY &&
            state.mem.disp.value == interpreter.layout().bpf.generator_state);
}

std::optional<std::uint64_t> way_if_equal(const ElfFile& elf, const Instruction& branch) {
    const auto decoded = decode(elf, branch.address);
    if (!decoded || !branch.target) return std::nullopt;
    if (decoded->instruction.mnemonic == ZYDIS_MNEMONIC_JZ) return branch.target;
    if (decoded->instruction.mnemonic == ZYDIS_MNEMONIC_JNZ) return branch.next();
    return std::nullopt;
}

// The function that is called at the end of the straight-line code from an address on.
std::optional<std::uint64_t> called_from(const ElfFile& elf, const FunctionCode& code,
                                         std::uint64_t address) {
    constexpr int kFarthest = 16;
    const Node* node = code.at(address);
    for (int i = 0; node != nullptr && i < kFarthest; i++) {
        const Instruction& instruction = node->instruction;
        if (instruction.flow == Flow::kCall && instruction.target)
            return elf.resolve_call(*instruction.target);
        if (instruction.is_call() || node->successors.size() != 1) return std::nullopt;
        node = code.at(node->successors.front());
    }
    return std::nullopt;
}

// nullopt if more than one function matches.
std::optional<std::uint64_t> find_warning(const Interpreter& interpreter, const FunctionCode& finalize) {
    std::set<std::uint64_t> found;
    for (const auto& [address, node] : finalize.nodes()) {
        if (node.successors.size() != 1 || !compares_with_created(interpreter, node.instruction)) continue;
        const Node* branch = finalize.at(node.successors.front());
        const auto way =
            branch == nullptr ? std::nullopt : way_if_equal(interpreter.elf(), branch->instruction);
        const auto callee = way ? called_from(interpreter.elf(), finalize, *way) : std::nullopt;
        if (callee) found.insert(*callee);
    }
    return found.size() == 1 ? std::optional(*found.begin()) : std::nullopt;
}

}  // namespace

std::vector<std::uint64_t> inlined_warnings(const Interpreter& interpreter, const FunctionCode& finalize) {
    constexpr std::size_t kMostCopies = 16;
    const auto warning = find_warning(interpreter, finalize);
    if (!warning) return {};
    std::vector<std::uint64_t> calls = direct_calls_of(interpreter.elf(), *warning);
    std::erase_if(calls, [&](std::uint64_t call) { return finalize.at(call) != nullptr; });
    if (calls.size() > kMostCopies) calls.clear();
    return calls;
}

}  // namespace flowtap

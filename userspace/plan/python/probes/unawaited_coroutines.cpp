// SPDX-License-Identifier: Apache-2.0
// Objects/genobject.c: _PyGen_Finalize().
//
//     if ((code->co_flags & CO_COROUTINE) && gen->gi_frame_state == FRAME_CREATED)
//         _PyErr_WarnUnawaitedCoroutine((PyObject *)gen);
#include "plan/python/probes/unawaited_coroutines.h"

#include <optional>
#include <set>

#include "code/direct_calls.h"
#include "code/operation.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

// Whether it compares a byte, in a register or that of the state in memory, with FRAME_CREATED.
bool compares_with_created(const Interpreter& interpreter, const Instruction& instruction) {
    const auto operation = decode_operation(interpreter.elf(), instruction.address);
    if (!operation || operation->kind != Operation::Kind::kCompare) return false;
    const Operand& state = operation->first;
    const Operand& value = operation->second;
    if (state.bits != 8 || !is_constant(value) ||
        static_cast<std::int8_t>(value.constant) != interpreter.version().states.created)
        return false;
    return state.kind == Operand::Kind::kRegister ||
           (is_memory(state) && state.memory.displacement == interpreter.layout().bpf.generator_state);
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
        const auto ways = branch == nullptr ? std::nullopt
                                            : ways_of_jump(interpreter.elf(), branch->instruction,
                                                           Operation::Condition::kZero);
        const auto callee = ways ? called_from(interpreter.elf(), finalize, ways->when) : std::nullopt;
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

// SPDX-License-Identifier: Apache-2.0
#include "plan/python/probes/bound_methods.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "code/comparisons.h"
#include "code/function/forwarding.h"
#include "code/function/function_code.h"
#include "code/operands.h"
#include "code/values/callee_pointer.h"
#include "plan/python/probes/site_probes.h"

namespace flowtap {
namespace {

// offsetof(PyMethodObject, vectorcall), Include/cpython/classobject.h.
constexpr int kMethodVectorcall = 0x28;

MethodFunction method_vectorcall(std::uint64_t address) {
    return {"method_vectorcall", address, 1, arch::kArguments[0], std::nullopt, arch::kArguments[2]};
}

// _PyObject_VectorcallPrepend(tstate, function, self, args, nargsf, kwnames), Objects/call.c of 3.14.
MethodFunction vectorcall_prepend(std::uint64_t address) {
    return {"_PyObject_VectorcallPrepend",
            address,
            3,
            arch::kArguments[2],
            arch::kArguments[1],
            arch::kArguments[4]};
}

// PyTypeObject.tp_dealloc, Include/cpython/object.h.
constexpr int kTypeDestructor = 0x30;
// ob_type->tp_call, used for objects without vectorcall; Python functions have one (_PyObject_MakeTpCall,
// inlined).
constexpr FieldOfField kCallOfType{0x8, 0x80};

// The first direct call that follows an instruction after straight-line code and jumps only.
std::optional<std::uint64_t> next_direct_call(const ElfFile& elf, std::uint64_t address) {
    constexpr int kFarthest = 24;
    for (int i = 0; i < kFarthest; i++) {
        const auto instruction = decode_instruction(elf, address);
        if (!instruction) return std::nullopt;
        if (instruction->flow == Flow::kCall && instruction->target)
            return elf.resolve_call(*instruction->target);
        const bool jumps = instruction->flow == Flow::kJump && instruction->target;
        if (!jumps && instruction->flow != Flow::kNext) return std::nullopt;
        address = jumps ? *instruction->target : instruction->next();
    }
    return std::nullopt;
}

constexpr const char* kInterpreterLoop = "_PyEval_EvalFrameDefault";

// Whether a function calls the evaluator or jumps to it, or jumps to a function that does.
bool evaluates(const ElfFile& elf, std::uint64_t function, std::uint64_t evaluator, int jumps) {
    if (function == evaluator) return true;
    Result<FunctionCode> code = FunctionCode::trace(elf, function);
    if (!code) return false;
    const auto calls_it = [&](const auto& entry) {
        const Instruction& call = entry.second.instruction;
        return call.flow == Flow::kCall && call.target && elf.resolve_call(*call.target) == evaluator;
    };
    const auto jumps_there = [&](const TailCall& tail) {
        const auto target = tail.target ? elf.resolve_call(*tail.target) : std::nullopt;
        return target &&
               (target == evaluator || (jumps > 0 && evaluates(elf, *target, evaluator, jumps - 1)));
    };
    return std::ranges::any_of(code->nodes(), calls_it) ||
           std::ranges::any_of(code->tail_calls(), jumps_there);
}

// Profile-guided builds of 3.14 compare a callee with method_vectorcall and, if it is equal, call the wrapped
// function directly: the call right after the comparison and its jump.
std::set<std::uint64_t> inlined_vectorcalls(const ElfFile& elf, std::uint64_t vectorcall) {
    std::set<std::uint64_t> found;
    for (std::uint64_t compare : comparisons_with(elf, vectorcall)) {
        const auto comparison = decode_instruction(elf, compare);
        const auto branch = comparison ? decode_instruction(elf, comparison->next()) : std::nullopt;
        if (!branch || branch->flow != Flow::kConditional || !branch->target) continue;
        for (std::uint64_t way : {branch->next(), *branch->target}) {
            const auto callee = next_direct_call(elf, way);
            if (callee && *callee != vectorcall) found.insert(*callee);
        }
    }
    return found;
}

// The function that a small method_vectorcall delegates to. It is called with the method's parts, and by
// other functions, too.
std::optional<std::uint64_t> forwarded_vectorcall(const ElfFile& elf, std::uint64_t vectorcall) {
    Result<FunctionCode> code = FunctionCode::trace(elf, vectorcall);
    const auto target = code ? forwards_to(*code) : std::nullopt;
    return target ? elf.resolve_call(*target) : std::nullopt;
}

Result<std::uint64_t> find_method_vectorcall(const ElfFile& elf) {
    const auto constructor = elf.find_symbol("PyMethod_New");
    if (!constructor) return site_error("PyMethod_New", "the interpreter does not export it");
    Result<FunctionCode> code = FunctionCode::trace(elf, constructor->address);
    if (!code) return code.error();
    const std::vector<std::uint64_t> stored = code_stored_at(elf, *code, kMethodVectorcall);
    if (stored.size() != 1) {
        return site_error("PyMethod_New", "expected it to store one function in the object, found " +
                                              std::to_string(stored.size()));
    }
    return elf.resolve_call(stored.front()).value_or(stored.front());
}

}  // namespace

bool may_call_slot(const ElfFile& elf, const FunctionCode& code, const Instruction& call) {
    return call.flow == Flow::kIndirectCall &&
           !calls_fixed_or_field(elf, code, call, kTypeDestructor, kCallOfType);
}

bool is_outlined_vectorcall(const ElfFile& elf, const Instruction& call) {
    if (call.flow != Flow::kCall || !call.target || !elf.call_target_name(*call.target).empty()) return false;
    const std::string name = elf.symbol_at(*call.target);
    if (!name.empty()) return name.find("VectorcallTstate") != std::string::npos;
    Result<FunctionCode> callee = FunctionCode::trace(elf, *call.target);
    return callee && std::ranges::any_of(callee->nodes(), [&](const auto& entry) {
               return may_call_slot(elf, *callee, entry.second.instruction);
           });
}

bool evaluates_frame(const ElfFile& elf, const Instruction& call) {
    constexpr int kMostJumps = 2;  // _PyFunction_Vectorcall to _PyEval_Vector to the evaluator
    const auto evaluator = elf.find_symbol(kInterpreterLoop);
    const auto target =
        call.flow == Flow::kCall && call.target ? elf.resolve_call(*call.target) : std::nullopt;
    return evaluator && target && evaluates(elf, *target, evaluator->address, kMostJumps);
}

bool runs_method(const ElfFile& elf, const FunctionCode& code, const Instruction& call) {
    return may_call_slot(elf, code, call) || evaluates_frame(elf, call) || is_outlined_vectorcall(elf, call);
}

Result<std::vector<MethodFunction>> method_functions(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    Result<std::uint64_t> vectorcall = find_method_vectorcall(elf);
    if (!vectorcall) return vectorcall.error();
    std::vector<MethodFunction> functions{method_vectorcall(*vectorcall)};
    // In other versions, inlined copies serve only other kinds of calls, or one helper serves every callable.
    if (!interpreter.version().vectorcall_has_copies) return functions;
    if (const auto prepend = forwarded_vectorcall(elf, *vectorcall))
        return std::vector{vectorcall_prepend(*prepend)};
    for (std::uint64_t prepend : inlined_vectorcalls(elf, *vectorcall))
        functions.push_back(vectorcall_prepend(prepend));
    return functions;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "elf/direct_calls.h"
#include "elf/function_code.h"
#include "elf/operands.h"
#include "plan/python_taps.h"
#include "plan/tap_probe.h"

namespace flowtap {
namespace {

// offsetof(PyMethodObject, vectorcall), Include/cpython/classobject.h.
constexpr int kMethodVectorcall = 0x28;

bool is_indirect_call(const Instruction& instruction) { return instruction.flow == Flow::kIndirectCall; }

// An outlined copy of _PyObject_VectorcallTstate: static, so without a name in a stripped file, but it calls
// through the callee's vectorcall slot, as no other helper of its callers does.
bool is_outlined_vectorcall(const ElfFile& elf, const Instruction& call) {
    if (call.flow != Flow::kCall || !call.target || !elf.call_target_name(*call.target).empty()) return false;
    const std::string name = elf.symbol_at(*call.target);
    if (!name.empty()) return name.find("VectorcallTstate") != std::string::npos;
    Result<FunctionCode> callee = FunctionCode::trace(elf, *call.target);
    return callee && std::ranges::any_of(callee->nodes(), [](const auto& entry) {
               return is_indirect_call(entry.second.instruction);
           });
}

// The calls that run the method: through the function's vectorcall slot, here or in an outlined copy.
Result<std::vector<CallReturn>> after_method_calls(const ElfFile& elf, const FunctionCode& code) {
    return sites_after_calls(code, [&](const Instruction& call) {
        return is_indirect_call(call) || is_outlined_vectorcall(elf, call);
    });
}

// How a C function that calls a bound method takes it.
struct MethodArguments {
    const char* function;          // its name, for messages
    unsigned count;                // arguments that must be intact at the entry site
    std::uint8_t object;           // register with the bound method, or with self
    std::uint8_t method_function;  // register with the function, or FT_NO_REGISTER
};
constexpr MethodArguments kBoundMethod{"method_vectorcall", 1, static_cast<std::uint8_t>(Register::kRdi),
                                       FT_NO_REGISTER};
// _PyObject_VectorcallPrepend(tstate, function, self, args, nargsf, kwnames), Objects/call.c of 3.14.
constexpr MethodArguments kFunctionAndSelf{"_PyObject_VectorcallPrepend", 3,
                                           static_cast<std::uint8_t>(Register::kRdx),
                                           static_cast<std::uint8_t>(Register::kRsi)};

Result<std::vector<PlannedProbe>> call_probes(const Interpreter& interpreter, std::uint64_t address,
                                              const MethodArguments& arguments) {
    const ElfFile& elf = interpreter.elf();
    Result<FunctionCode> code = FunctionCode::trace(elf, address);
    if (!code) return tap_error(arguments.function, code.error().message());
    Result<Site> site = entry_site(*code, arguments.count);
    if (!site) return tap_error(arguments.function, site.error().message());
    if (!site->stack_adjust)
        return tap_error(arguments.function, "the stack pointer at its entry site is not known");
    Result<std::vector<CallReturn>> returns = after_method_calls(elf, *code);
    if (!returns) return tap_error(arguments.function, returns.error().message());
    Result<std::vector<PlannedProbe>> probes =
        exit_probes(interpreter, *returns, arguments.function, "python:call-exit", Program::kPythonCallExit);
    if (!probes) return probes;
    PlannedProbe entry = probe_at(interpreter, *site, "python:call-entry", Program::kPythonCallEntry);
    entry.object_register = arguments.object;
    entry.function_register = arguments.method_function;
    probes->push_back(std::move(entry));
    return probes;
}

// The first direct call on the way on from an instruction, if one comes before anything but straight code and
// jumps.
std::optional<std::uint64_t> next_direct_call(const ElfFile& elf, const FunctionCode& code,
                                              std::uint64_t from) {
    constexpr int kFarthest = 24;
    const FunctionCode::Node* node = code.at(from);
    for (int i = 0; node != nullptr && i < kFarthest; i++) {
        const Instruction& instruction = node->instruction;
        if (instruction.flow == Flow::kCall && instruction.target)
            return elf.resolve_call(*instruction.target);
        if (instruction.is_call() || instruction.flow == Flow::kConditional) return std::nullopt;
        node = node->successors.size() == 1 ? code.at(node->successors.front()) : nullptr;
    }
    return std::nullopt;
}

// Profile-guided builds of 3.14 compare a callee with method_vectorcall and, where it is, call what that one
// wraps: the function called right after "cmp $method_vectorcall, reg; jne".
std::set<std::uint64_t> inlined_vectorcalls(const ElfFile& elf, std::uint64_t vectorcall) {
    std::set<std::uint64_t> found;
    for (std::uint64_t compare : comparisons_with(elf, vectorcall)) {
        const auto piece = elf.piece_of(compare);
        if (!piece) continue;
        Result<FunctionCode> code = FunctionCode::trace(elf, piece->start);
        const FunctionCode::Node* node = code ? code->at(compare) : nullptr;
        if (node == nullptr || node->successors.size() != 1) continue;
        const FunctionCode::Node* branch = code->at(node->successors.front());
        if (branch == nullptr || branch->instruction.flow != Flow::kConditional) continue;
        for (std::uint64_t way : branch->successors) {
            const auto callee = next_direct_call(elf, *code, way);
            if (callee && *callee != vectorcall) found.insert(*callee);
        }
    }
    return found;
}

}  // namespace

Result<std::vector<PlannedProbe>> call_taps(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    const auto constructor = elf.find_symbol("PyMethod_New");
    if (!constructor) return tap_error("PyMethod_New", "the interpreter does not export it");
    Result<FunctionCode> code = FunctionCode::trace(elf, constructor->address);
    if (!code) return code.error();
    const std::vector<std::uint64_t> stored = code_stored_at(elf, *code, kMethodVectorcall);
    if (stored.size() != 1) {
        return tap_error("PyMethod_New", "expected one function stored into the object, found " +
                                             std::to_string(stored.size()));
    }
    const std::uint64_t vectorcall = elf.resolve_call(stored.front()).value_or(stored.front());
    Result<std::vector<PlannedProbe>> probes = call_probes(interpreter, vectorcall, kBoundMethod);
    if (!probes) return probes;
    // Before 3.14 copies were seen inlined for other ways to call only, where the same helper serves every
    // callable.
    if (interpreter.version().minor < 14) return probes;
    for (std::uint64_t prepend : inlined_vectorcalls(elf, vectorcall)) {
        Result<std::vector<PlannedProbe>> more = call_probes(interpreter, prepend, kFunctionAndSelf);
        if (!more) return more;
        std::ranges::move(*more, std::back_inserter(*probes));
    }
    return probes;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "code/function_code.h"
#include "plan/python/python_taps.h"
#include "plan/python/tap_probe.h"

namespace flowtap {
namespace {

// An exported function, and the method of ContextVar that calls it, with the same two arguments.
struct VariableFunction {
    const char* exported;
    const char* method;
    const char* probe;
    Program program;
};

bool leads_to(const ElfFile& elf, const FunctionCode& code, std::uint64_t function) {
    const auto reaches = [&](std::uint64_t target) {
        return target == function || elf.resolve_call(target) == function;
    };
    return code.entry() == function || std::ranges::any_of(code.nodes(), [&](const auto& entry) {
               const Instruction& one = entry.second.instruction;
               return one.target && (one.is_call() || one.flow == Flow::kJump) && reaches(*one.target);
           });
}

// At the exported function, and at the method where that one is inlined into it.
Result<void> add_variable_probes(const Interpreter& interpreter, const Memory& memory,
                                 const VariableFunction& function, std::vector<PlannedProbe>& probes) {
    const auto add = [&](std::uint64_t address) -> Result<void> {
        Result<PlannedProbe> probe =
            entry_probe(interpreter, address, function.exported, function.probe, function.program);
        if (!probe) return probe.error();
        probes.push_back(*std::move(probe));
        return {};
    };
    const auto symbol = interpreter.elf().find_symbol(function.exported);
    if (!symbol) return tap_error(function.exported, "the interpreter does not export it");
    if (Result<void> added = add(symbol->address); !added) return added;
    const auto method = method_function(interpreter, memory, "PyContextVar_Type", function.method);
    if (!method) return tap_error(function.exported, "the method of ContextVar that calls it was not found");
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), *method);
    if (!code) return tap_error(function.exported, code.error().message());
    if (leads_to(interpreter.elf(), *code, symbol->address)) return {};
    return add(*method);
}

}  // namespace

Result<std::vector<PlannedProbe>> variable_taps(const Interpreter& interpreter, const Memory& memory) {
    constexpr VariableFunction kFunctions[] = {
        {"PyContextVar_Reset", "reset", "python:variable-reset", Program::kPythonVariableReset},
        {"PyContextVar_Set", "set", "python:variable-set", Program::kPythonVariableSet}};
    std::vector<PlannedProbe> probes;
    for (const VariableFunction& function : kFunctions) {
        if (Result<void> added = add_variable_probes(interpreter, memory, function, probes); !added)
            return added.error();
    }
    return probes;
}

}  // namespace flowtap

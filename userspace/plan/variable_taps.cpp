// SPDX-License-Identifier: Apache-2.0
#include "plan/python_taps.h"
#include "plan/tap_probe.h"

namespace flowtap {
namespace {

Result<PlannedProbe> variable_probe(const Interpreter& interpreter, const char* function, const char* name,
                                    Program program) {
    const auto symbol = interpreter.elf().find_symbol(function);
    if (!symbol) return tap_error(function, "the interpreter does not export it");
    return entry_probe(interpreter, symbol->address, function, name, program);
}

}  // namespace

Result<std::vector<PlannedProbe>> variable_taps(const Interpreter& interpreter) {
    Result<PlannedProbe> set =
        variable_probe(interpreter, "PyContextVar_Set", "python:variable-set", Program::kPythonVariableSet);
    if (!set) return set.error();
    Result<PlannedProbe> reset = variable_probe(interpreter, "PyContextVar_Reset", "python:variable-reset",
                                                Program::kPythonVariableReset);
    if (!reset) return reset.error();
    return std::vector{std::move(*reset), std::move(*set)};
}

}  // namespace flowtap

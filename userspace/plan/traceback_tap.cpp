// SPDX-License-Identifier: Apache-2.0
#include "plan/python_taps.h"
#include "plan/tap_probe.h"

namespace flowtap {

Result<std::vector<PlannedProbe>> traceback_tap(const Interpreter& interpreter) {
    constexpr const char* kFunction = "PyTraceBack_Here";
    const auto symbol = interpreter.elf().find_symbol(kFunction);
    if (!symbol) return tap_error(kFunction, "the interpreter does not export it");
    Result<PlannedProbe> probe =
        entry_probe(interpreter, symbol->address, kFunction, "python:traceback", Program::kPythonTraceback);
    if (!probe) return probe.error();
    return std::vector{*std::move(probe)};
}

}  // namespace flowtap

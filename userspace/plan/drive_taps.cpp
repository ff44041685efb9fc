// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>

#include "elf/function_code.h"
#include "plan/python_taps.h"
#include "plan/tap_probe.h"

namespace flowtap {
namespace {

// The entry and the returns of a function whose first argument is the coroutine, or of the one it goes on to
// in a tail call (throw() unpacks its arguments and does). Empty where one of them cannot be seen.
std::vector<PlannedProbe> drive_probes(const Interpreter& interpreter, std::uint64_t function,
                                       const std::string& what, int tail_calls_left = 1) {
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), function);
    if (!code) return {};
    Result<ExitSites> exits = return_sites(*code);
    if (!exits || !exits->unresolved_jumps.empty()) return {};
    if (!exits->tail_calls.empty()) {
        const TailCall& tail = exits->tail_calls.front();
        if (tail_calls_left == 0 || exits->tail_calls.size() > 1 || !tail.target) return {};
        return drive_probes(interpreter, *tail.target, what, tail_calls_left - 1);
    }
    Result<PlannedProbe> entry =
        entry_probe(interpreter, function, what, "python:drive-entry", Program::kPythonDriveEntry);
    if (!entry) return {};
    std::vector<PlannedProbe> probes;
    for (const Site& site : exits->sites) {
        if (!site.stack_adjust) return {};
        probes.push_back(probe_at(interpreter, site, "python:drive-exit", Program::kPythonDriveExit));
    }
    probes.push_back(std::move(*entry));
    return probes;
}

}  // namespace

std::vector<PlannedProbe> drive_taps(const Interpreter& interpreter, const Memory& memory) {
    std::vector<PlannedProbe> probes;
    for (const char* method : {"throw", "close"}) {
        const auto function = method_function(interpreter, memory, "PyCoro_Type", method);
        if (!function) continue;
        std::ranges::move(drive_probes(interpreter, *function, method), std::back_inserter(probes));
    }
    return probes;
}

}  // namespace flowtap

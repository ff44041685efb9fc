// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "code/function/all_returns.h"
#include "plan/python/probes/delegated_close.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"

namespace flowtap {
namespace {

// The entry and the returns of a function whose first argument is the coroutine. throw() unpacks its
// arguments and continues in another function. Empty if one of them cannot be observed.
std::vector<PlannedProbe> drive_probes(const Interpreter& interpreter, std::uint64_t function,
                                       const std::string& what) {
    const auto returns = all_returns(interpreter.elf(), function);
    if (!returns) return {};
    Result<PlannedProbe> entry = entry_probe(interpreter, function, what, "python:drive-entry",
                                             CoroutineEntry{.means = CoroutineEntry::Means::kDrive});
    if (!entry) return {};
    std::vector<PlannedProbe> probes;
    for (const Site& site : *returns)
        probes.push_back(probe_at(interpreter, site, "python:drive-exit", DriveExit{}));
    probes.push_back(std::move(*entry));
    return probes;
}

}  // namespace

std::vector<PlannedProbe> drive_probes(const Interpreter& interpreter, const Memory& memory) {
    std::vector<PlannedProbe> probes;
    if (const auto raise = method_function(interpreter, memory, "PyCoro_Type", "throw"))
        probes = drive_probes(interpreter, *raise, "throw");
    if (const auto close = method_function(interpreter, memory, "PyCoro_Type", "close")) {
        std::vector<PlannedProbe> closes = delegated_close_probes(interpreter, *close);
        if (closes.empty()) closes = drive_probes(interpreter, *close, "close");
        std::ranges::move(closes, std::back_inserter(probes));
    }
    return probes;
}

}  // namespace flowtap

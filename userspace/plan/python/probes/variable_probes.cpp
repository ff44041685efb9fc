// SPDX-License-Identifier: Apache-2.0
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "plan/python/variable_functions.h"

namespace flowtap {
namespace {

constexpr unsigned kVariableAndValue = 2;

Result<void> add_entries(const Interpreter& interpreter, const std::vector<FunctionCode>& functions,
                         const char* name, VariableChange::Means means, std::vector<PlannedProbe>& probes) {
    for (const FunctionCode& function : functions) {
        Result<Site> site = entry_site(function, kVariableAndValue);
        if (!site) return site_error(name, site.error().message());
        probes.push_back(probe_at(interpreter, *site, name, VariableChange{.means = means}));
    }
    return {};
}

}  // namespace

Result<std::vector<PlannedProbe>> variable_reset_probes(const Interpreter& interpreter,
                                                        const Memory& memory) {
    const auto functions = variable_functions(interpreter, memory, "PyContextVar_Reset", "reset");
    if (!functions) return functions.error();
    std::vector<PlannedProbe> probes;
    if (Result<void> added = add_entries(interpreter, *functions, "python:variable-reset",
                                         VariableChange::Means::kReset, probes);
        !added)
        return added.error();
    return probes;
}

Result<std::vector<PlannedProbe>> variable_probes(const Interpreter& interpreter, const Memory& memory) {
    Result<std::vector<PlannedProbe>> probes = variable_reset_probes(interpreter, memory);
    if (!probes) return probes;
    const auto functions = variable_functions(interpreter, memory, "PyContextVar_Set", "set");
    if (!functions) return functions.error();
    if (Result<void> added =
            add_entries(interpreter, *functions, "python:variable-set", VariableChange::Means::kSet, *probes);
        !added)
        return added.error();
    return probes;
}

}  // namespace flowtap

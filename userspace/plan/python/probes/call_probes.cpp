// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "code/function/function_code.h"
#include "plan/python/probes/bound_methods.h"
#include "plan/python/probes/offsetless_calls.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "plan/python/probes/unpacked_calls.h"

namespace flowtap {
namespace {

// PyObject *const *args, size_t nargsf, PyObject *kwnames.
constexpr unsigned kCallArguments = 3;

CallEntry::Arguments arguments_behind(unsigned others) {
    return {arch::kArguments.at(others), arch::kArguments.at(others + 1), arch::kArguments.at(others + 2)};
}

Result<std::vector<PlannedProbe>> call_probes(const Interpreter& interpreter,
                                              const MethodFunction& function) {
    const ElfFile& elf = interpreter.elf();
    Result<FunctionCode> code = FunctionCode::trace(elf, function.address);
    if (!code) return site_error(function.name, code.error().message());
    Result<Site> site = entry_site(*code, function.arguments);
    // The next arguments are those of the Python function. They are not worth a more expensive site.
    const Result<Site> with_arguments = entry_site(*code, function.arguments + kCallArguments);
    const bool carries = site && with_arguments && with_arguments->cost == site->cost;
    if (carries) site = with_arguments;
    if (!site) return site_error(function.name, site.error().message());
    if (!site->stack_adjust)
        return site_error(function.name, "the stack pointer at its entry site is not known");
    Result<std::vector<CallReturn>> returns =
        sites_after_calls(*code, [&](const Instruction& call) { return runs_method(elf, *code, call); });
    if (!returns) return site_error(function.name, returns.error().message());
    Result<std::vector<PlannedProbe>> probes =
        exit_probes(interpreter, *returns, function.name, "python:call-exit", ReturnToC::From::kCall);
    if (!probes) return probes;
    CallEntry entry{.object = function.object};
    if (function.method_function) entry.called = CallEntry::Method{*function.method_function};
    if (carries) entry.arguments = arguments_behind(function.arguments);
    probes->push_back(probe_at(interpreter, *site, "python:call-entry", entry));
    return probes;
}

// Whether it is neither method_vectorcall nor the function that it delegates to: few calls pass such a
// function, each only once.
bool is_only_entered_by_others(const ElfFile& elf, const MethodFunction& vectorcall,
                               const MethodFunction& other) {
    if (vectorcall.method_function || other.address == vectorcall.address) return false;
    Result<FunctionCode> code = FunctionCode::trace(elf, vectorcall.address);
    if (!code) return false;
    const auto leads_there = [&](std::optional<std::uint64_t> target) {
        return target && elf.resolve_call(*target) == other.address;
    };
    return std::ranges::none_of(
        code->nodes(), [&](const auto& entry) { return leads_there(entry.second.instruction.target); });
}

}  // namespace

Result<std::vector<PlannedProbe>> call_probes(const Interpreter& interpreter) {
    Result<std::vector<MethodFunction>> functions = method_functions(interpreter);
    if (!functions) return functions.error();
    std::vector<PlannedProbe> probes;
    for (const MethodFunction& function : *functions) {
        Result<std::vector<PlannedProbe>> more = call_probes(interpreter, function);
        if (!more) return more;
        std::ranges::move(*more, std::back_inserter(probes));
    }
    return probes;
}

Result<std::vector<PlannedProbe>> unpacked_call_probes(const Interpreter& interpreter) {
    Result<std::vector<MethodFunction>> functions = method_functions(interpreter);
    if (!functions) return functions.error();
    std::vector<PlannedProbe> probes;
    std::set<std::uint64_t> seen;
    for (const MethodFunction& function : *functions) {
        Result<std::vector<PlannedProbe>> more = offsetless_call_probes(interpreter, function);
        if (!more && is_only_entered_by_others(interpreter.elf(), functions->front(), function)) {
            more = call_probes(interpreter, function);
            seen.insert(function.address);
        }
        if (!more) return more;
        std::ranges::move(*more, std::back_inserter(probes));
    }
    Result<std::vector<PlannedProbe>> unpacked = unpacked_call_probes(interpreter, *functions, seen);
    if (!unpacked) return unpacked;
    std::ranges::move(*unpacked, std::back_inserter(probes));
    return probes;
}

}  // namespace flowtap

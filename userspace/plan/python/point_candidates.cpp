// SPDX-License-Identifier: Apache-2.0
#include "plan/python/point_candidates.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "plan/expected_cost.h"

namespace flowtap {
namespace {

// With what one execution costs, if the engine's profile has figures for all of its probes.
Candidate with_cost(Mechanism mechanism, const ExpectedHits& expected, const ProcessProbes& process) {
    Candidate candidate = std::move(mechanism.candidate);
    candidate.expected = expected_cost(mechanism.probes, expected, process.minor(), process.prices());
    if (candidate.expected && candidate.mechanism == kWatches)
        *candidate.expected += watched_call_cost(process.prices());
    return candidate;
}

Mechanism absent(PointMechanism name, std::string why) {
    Mechanism mechanism;
    mechanism.candidate.mechanism = name;
    mechanism.candidate.absent = std::move(why);
    return mechanism;
}

Mechanism by_variable(const Point& point, const PythonCode& function, const CodeLookup& lookup,
                      const ProcessProbes& process) {
    if (const auto use = variable_use(lookup, point, function))
        return context_variable(process, use->token_slot.has_value());
    return absent(kVariable, "this process has no " + point.context_variable->module + ":" +
                                 point.context_variable->qualname + " that it sets");
}

// Any class whose instances are called through this function; all have the same function in the type's slot.
std::uint64_t called_type(const Point& point, const PythonCode& function, const CodeLookup& lookup) {
    const auto inheriting = lookup.find_inheriting(function.owner_type, "__call__", point.overrides);
    return inheriting.empty() ? function.owner_type : inheriting.front();
}

// Why too few watches are free; empty: enough are free.
std::string lack_of_watches(std::size_t taken) {
    if (taken + PlannedWatch::kOfFunction <= PlannedWatch::kMost) return {};
    return "the points before it in the profile use all four hardware watches of a thread, two for each "
           "function";
}

Mechanism by_watches(const PythonCode& function, const CodeLookup& lookup, const ProcessProbes& process,
                     std::size_t taken) {
    const Result<CallUnits> units = lookup.call_units(function.code_address);
    const std::string lack = units ? lack_of_watches(taken) : units.error().cause;
    return bytecode_watches(process, lack);
}

Mechanism by_marking_calls(const Point& point, const CodeLookup& lookup, const ProcessProbes& process) {
    const auto begin = marking_call(lookup, point.begins_at), end = marking_call(lookup, point.ends_at);
    if (begin && end) return calls_within(process, *begin, *end);
    return absent(kMarks,
                  begin ? "ends_at: " + end.error().message() : "begins_at: " + begin.error().message());
}

// Calls that CPython's specialised instructions make without the function (Python/bytecodes.c).
bool is_made_without_function(const PythonFunction& named) {
    constexpr std::string_view kNames[] = {"len", "isinstance", "list.append", "type", "str"};
    return named.module == "builtins" && std::ranges::find(kNames, named.qualname) != std::end(kNames);
}

std::string absence_of(const std::vector<Candidate>& candidates) {
    if (candidates.size() == 1) return candidates.front().absent;
    std::string text;
    for (const Candidate& one : candidates)
        text += (text.empty() ? "" : "; ") + std::string(mechanism_name(one.mechanism)) + ": " + one.absent;
    return text;
}

std::vector<Mechanism> mechanisms_of(const Point& point, const PythonCode& function, const CodeLookup& lookup,
                                     const ProcessProbes& process, std::size_t watches) {
    switch (point.call) {
        case CallShape::kCoroutine:
            return {coroutine_lifetimes(process), coroutine_steps(process)};
        case CallShape::kGenerator:
            return {generator_lifetimes(process)};
        case CallShape::kInstance:
            return {instance_calls(process, called_type(point, function, lookup))};
        case CallShape::kFunction:
            return {by_watches(function, lookup, process, watches)};
        case CallShape::kVariable:
            return {context_values(process)};
        case CallShape::kBetween:
            return {by_marking_calls(point, lookup, process)};
        case CallShape::kMethod:
            break;
    }
    std::vector<Mechanism> mechanisms{method_calls(process)};
    // The variable is reset before the function returns.
    if (point.context_variable && !point.outcome && !point.failed_by)
        mechanisms.push_back(by_variable(point, function, lookup, process));
    return mechanisms;
}

void add_missed(PlannedPoint& planned, const Candidate& chosen) {
    if (chosen.misses.empty()) return;
    if (chosen.exactness == Exactness::kIncomplete) {
        planned.warnings.push_back(chosen.misses);
    } else {
        planned.notes.push_back(chosen.misses);
    }
}

}  // namespace

std::optional<VariableUse> variable_use(const CodeLookup& lookup, const Point& point,
                                        const PythonCode& function) {
    if (!point.context_variable) return std::nullopt;
    const auto variable =
        lookup.find_context_variable(point.context_variable->module, point.context_variable->qualname);
    const auto object = lookup.local_slot(function.code_address, point.node_type.local);
    if (!variable || !object) return std::nullopt;
    return VariableUse{*variable, *object, lookup.local_slot(function.code_address, point.context_token)};
}

Result<MarkingCall> marking_call(const CodeLookup& lookup, const PythonFunction& named) {
    MarkingCall call{named.module + ":" + named.qualname, 0, 0};
    if (is_made_without_function(named)) {
        return Error{"find the call of", call.name,
                     "CPython's evaluation loop does the work of this call itself, without calling it",
                     "name another function or class", Error::Kind::kNoTarget};
    }
    const auto type = lookup.find_class(named.module, named.qualname);
    if (type) {
        call.type = *type;
        return call;
    }
    const auto function = lookup.find_c_function(named.module, named.qualname);
    if (!function) return function.error();
    call.function = *function;
    return call;
}

std::vector<Candidate> candidates_of(const Point& point, const PythonCode& function, const CodeLookup& lookup,
                                     const ProcessProbes& process, const ExpectedHits& expected,
                                     std::size_t watches) {
    std::vector<Candidate> candidates;
    for (Mechanism& one : mechanisms_of(point, function, lookup, process, watches))
        candidates.push_back(with_cost(std::move(one), expected, process));
    return candidates;
}

void observe_by_best(PlannedPoint& planned, std::vector<Candidate> candidates, Preference preference) {
    const auto chosen = choose_mechanism(candidates, preference);
    if (!chosen) return planned.give_up(absence_of(candidates));
    const Candidate& one = candidates[*chosen];
    planned.observe_by(one.mechanism, one.exactness, one.expected);
    add_missed(planned, one);
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(*chosen));
    planned.rejected = std::move(candidates);
}

}  // namespace flowtap

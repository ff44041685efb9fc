// SPDX-License-Identifier: Apache-2.0
#include "plan/python/point_candidates.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace flowtap {
namespace {

Candidate variable_candidate(const Point& point, const PythonCode& function, const CodeLookup& lookup,
                             const ProcessProbes& process) {
    if (const auto use = variable_use(lookup, point, function))
        return context_variable(process, use->token_slot.has_value()).candidate;
    Candidate absent;
    absent.mechanism = kVariable;
    absent.absent = "this process has no " + point.context_variable->module + ":" +
                    point.context_variable->qualname + " that it sets";
    return absent;
}

// Any class whose instances are called through this function; all have the same function in the type's slot.
std::uint64_t called_type(const Point& point, const PythonCode& function, const CodeLookup& lookup) {
    const auto inheriting = lookup.find_inheriting(function.owner_type, "__call__", point.overrides);
    return inheriting.empty() ? function.owner_type : inheriting.front();
}

// Why too few watches are free; empty: enough are free.
std::string lack_of_watches(std::size_t taken) {
    if (taken + PlannedWatch::kOfFunction <= PlannedWatch::kMost) return {};
    return "the points above use the four hardware watches of a thread, two for each function";
}

Candidate watch_candidate(const PythonCode& function, const CodeLookup& lookup, const ProcessProbes& process,
                          std::size_t taken) {
    const Result<CallUnits> units = lookup.call_units(function.code_address);
    const std::string lack = units ? lack_of_watches(taken) : units.error().cause;
    return bytecode_watches(process, lack).candidate;
}

Candidate between_candidate(const Point& point, const CodeLookup& lookup, const ProcessProbes& process) {
    const auto begin = marking_call(lookup, point.begins_at), end = marking_call(lookup, point.ends_at);
    if (begin && end) return calls_within(process, *begin, *end).candidate;
    Candidate absent;
    absent.mechanism = kMarks;
    absent.absent = begin ? "ends_at: " + end.error().message() : "begins_at: " + begin.error().message();
    return absent;
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

void note_missed(PlannedPoint& planned, const Candidate& chosen) {
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
                     "CPython does in its loop what this call does, without the call",
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
                                     const ProcessProbes& process, std::size_t watches) {
    switch (point.call) {
        case CallShape::kCoroutine:
            return {coroutine_lifetimes(process).candidate, coroutine_steps(process).candidate};
        case CallShape::kGenerator:
            return {generator_lifetimes(process).candidate};
        case CallShape::kInstance:
            return {instance_calls(process, called_type(point, function, lookup)).candidate};
        case CallShape::kFunction:
            return {watch_candidate(function, lookup, process, watches)};
        case CallShape::kVariable:
            return {context_values(process).candidate};
        case CallShape::kBetween:
            return {between_candidate(point, lookup, process)};
        case CallShape::kMethod:
            break;
    }
    std::vector<Candidate> candidates{method_calls(process).candidate};
    // The variable is reset before the function returns.
    if (point.context_variable && !point.outcome)
        candidates.push_back(variable_candidate(point, function, lookup, process));
    return candidates;
}

void settle(PlannedPoint& planned, std::vector<Candidate> candidates) {
    const auto chosen = choose_mechanism(candidates, planned.wishes.preference);
    if (!chosen) return planned.give_up(absence_of(candidates));
    const Candidate& one = candidates[*chosen];
    planned.observe_by(one.mechanism, one.exactness, one.expected);
    note_missed(planned, one);
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(*chosen));
    planned.rejected = std::move(candidates);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "targets/plan_changes.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace flowtap {
namespace {

std::set<std::string> observed_points(const Plan& plan) {
    std::set<std::string> names;
    for (const PlannedPoint& point : plan.points)
        if (point.is_observed()) names.insert(point.profile + "/" + point.point.name);
    return names;
}

std::set<std::string> inexact_points(const Plan& plan) {
    std::set<std::string> texts;
    for (const PlannedPoint& point : plan.points) {
        if (!point.is_observed()) continue;
        for (const std::string& text : point.warnings)
            texts.insert(point.profile + "/" + point.point.name + ": " + text);
    }
    return texts;
}

// The elements that only the newer plan's set has.
std::vector<std::string> only_in(const std::set<std::string>& newer, const std::set<std::string>& older) {
    std::vector<std::string> names;
    std::ranges::set_difference(newer, older, std::back_inserter(names));
    return names;
}

}  // namespace

std::set<std::uint32_t> observed_subinterpreters(const Plan& plan) {
    std::set<std::uint32_t> numbers;
    for (const PlannedPoint& point : plan.points)
        if (point.is_observed()) numbers.insert(point.interpreters.begin(), point.interpreters.end());
    numbers.erase(0);
    return numbers;
}

bool same_probes(const Plan& one, const Plan& other) {
    return std::ranges::equal(one.probes, other.probes, [](const PlannedProbe& a, const PlannedProbe& b) {
        return a.address == b.address && a.name == b.name && a.file_offset == b.file_offset &&
               a.code.file == b.code.file;
    });
}

KnownCode known(const PlannedCode& code) {
    return {code.address, code.interpreter, code.qualname_address.value_or(0), code.roles};
}

std::set<KnownCode> known_codes(const Plan& plan) {
    std::set<KnownCode> codes;
    for (const PlannedCode& code : plan.codes) codes.insert(known(code));
    return codes;
}

namespace {

// If methods are recognised by name, a class's method is observed as soon as the class exists.
bool known_by_name(const std::set<KnownCode>& older, const PlannedCode& code) {
    const auto* method = std::get_if<MethodCall>(&code.calls);
    if (method == nullptr || !method->name || !method->named_so) return false;
    const auto first = older.lower_bound(KnownCode{*method->name, 0, 0, {}});
    return first != older.end() && std::get<0>(*first) == *method->name;
}

// The older plan's entry for a function whose code was replaced since. nullptr: the function is new.
const PlannedCode* had_other_code(const Plan& older, const PlannedCode& code) {
    if (!code.function_object || !code.roles.has_any(kExecutionRoles)) return nullptr;
    const auto is_own = [](const PlannedCode& one) { return one.address == one.function_object; };
    const auto same = std::ranges::find_if(older.codes, [&](const PlannedCode& one) {
        return one.function_object == code.function_object && !is_own(one);
    });
    if (is_own(code) || same == older.codes.end() || same->address == code.address) return nullptr;
    return &*same;
}

}  // namespace

std::vector<std::string> inexact_lines(const std::vector<std::string>& texts, unsigned& said) {
    std::vector<std::string> lines;
    for (const std::string& text : texts) {
        if (said == kMostInexactLines) break;
        const bool last = ++said == kMostInexactLines;
        lines.push_back(last ? "not exact: more points; /api/v1/status lists them all"
                             : "not exact: " + text);
    }
    return lines;
}

std::vector<std::string> run_before(const Plan& older, const Plan& newer, const Memory& memory) {
    const std::set<KnownCode> before = known_codes(older);
    std::map<std::uint64_t, std::string>
        names;  // by the address of the mark: a function may be listed more than once
    for (const PlannedCode& code : newer.codes) {
        if (before.contains(known(code)) || known_by_name(before, code)) continue;
        const PlannedCode* replaced = had_other_code(older, code);
        const std::string name = replaced ? replaced->qualname + " (its code was replaced)" : code.qualname;
        if (code.run_mark && code.run_mark->has_run(memory)) {
            names.emplace(code.run_mark->address, name);
        } else if (!code.run_mark && replaced) {
            names.emplace(code.address, name);
        }
    }
    std::vector<std::string> sorted;
    std::ranges::transform(names, std::back_inserter(sorted), [](const auto& one) { return one.second; });
    std::ranges::sort(sorted);
    return sorted;
}

std::vector<std::string> newly_observed(const Plan& older, const Plan& newer) {
    return only_in(observed_points(newer), observed_points(older));
}

std::vector<std::string> newly_inexact(const Plan& older, const Plan& newer) {
    return only_in(inexact_points(newer), inexact_points(older));
}

std::uint64_t ended_unobserved(const Plan& older, const Plan& newer,
                               const std::set<std::uint32_t>& ever_observed) {
    const std::set<std::uint32_t> live(newer.interpreters.begin(), newer.interpreters.end());
    std::set<std::uint32_t> known = ever_observed;
    const auto gone = std::ranges::count_if(older.interpreters, [&](std::uint32_t number) {
        return number < older.next_interpreter && !known.contains(number) && !live.contains(number);
    });
    // The next number is read before the list of interpreters: interpreters with later numbers belong to the
    // next plan.
    if (newer.next_interpreter <= older.next_interpreter) return static_cast<std::uint64_t>(gone);
    known.insert(live.begin(), live.end());
    const auto begun =
        std::distance(known.lower_bound(older.next_interpreter), known.lower_bound(newer.next_interpreter));
    return static_cast<std::uint64_t>(gone + newer.next_interpreter - older.next_interpreter - begun);
}

}  // namespace flowtap

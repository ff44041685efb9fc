// SPDX-License-Identifier: Apache-2.0
#include "budget/probe_groups.h"

#include <algorithm>
#include <initializer_list>

#include "plan/plan_words.h"
#include "plan/python/python_mechanisms.h"

namespace flowtap {
namespace {

// The first of these mechanisms that observes a point, or else the group of any observed point: coroutine
// probes also serve nodes of other mechanisms, because coroutines carry nodes to other threads.
std::string first_used(const Plan& plan, std::initializer_list<PointMechanism> mechanisms) {
    for (const PointMechanism mechanism : mechanisms)
        if (plan.uses(mechanism)) return mechanism_name(mechanism);
    const auto other = std::ranges::find_if(plan.points, &PlannedPoint::is_observed);
    return other == plan.points.end() ? "" : group_of(*other);
}

bool is_of_instance(const PlannedProbe& probe) {
    const auto* call = probe.as<CallEntry>();
    return call != nullptr && std::holds_alternative<CallEntry::Instance>(call->called);
}

std::string group_of(const Plan& plan, const PlannedProbe& probe) {
    if (probe.point) return group_of(plan.points.at(*probe.point));
    switch (probe.program()) {
        case Program::kPythonCallEntry:
        case Program::kPythonCallExit:
            return is_of_instance(probe) ? first_used(plan, {kInstances})
                                         : first_used(plan, {kCalls, kVariable});
        case Program::kPythonVariableSet:
        case Program::kPythonVariableReset:
        case Program::kPythonRaised:
            return first_used(plan, {kVariable, kContexts});
        case Program::kPythonContextSet:
        case Program::kPythonContextDestroyed:
            return first_used(plan, {kContexts});
        case Program::kPythonMark:
            return first_used(plan, {kMarks});
        case Program::kPythonTraceback:
        case Program::kPythonFrameKept:
            return first_used(plan, {kWatches});
        default:
            return first_used(plan, {kLifetimes, kSteps, kGenerators});
    }
}

}  // namespace

std::string group_of(const PlannedPoint& point) {
    const bool is_python = point.point.symbol.empty();
    return is_python ? mechanism_text(point) : point.profile + "/" + point.point.name;
}

std::map<std::string, std::string> groups_by_probe(const Plan& plan) {
    std::map<std::string, std::string> groups;
    for (const PlannedProbe& probe : plan.probes) groups.emplace(probe.name, group_of(plan, probe));
    for (const PlannedWatch& watch : plan.watches) groups.emplace(watch.name, mechanism_name(kWatches));
    return groups;
}

}  // namespace flowtap

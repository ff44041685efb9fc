// SPDX-License-Identifier: Apache-2.0
#include "targets/target.h"

#include <filesystem>
#include <set>

#include "budget/probe_groups.h"
#include "plan/plan_words.h"

namespace flowtap {
namespace {

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& one : texts) text += (text.empty() ? "" : "; ") + one;
    return text;
}

}  // namespace

std::string name_of(const PlannedPoint& point) { return point.profile + "/" + point.point.name; }

void note_plan_reason(Target& target, std::uint32_t code_pages, std::size_t targets, std::uint64_t now_ns) {
    const Plan& plan = target.plan;
    const bool imported = plan.modules && target.imports.due(*plan.modules, *target.memory, targets, now_ns);
    const bool appeared = target.signs.due(plan.signs, *target.memory, targets, now_ns);
    const bool mapped = plan.native && target.mappings.due(plan, code_pages, now_ns);
    if (mapped || appeared || (imported && !target.imports.was_routine())) {
        target.plan_reason = PlanReason::kChanged;
    } else if (imported && target.plan_reason == PlanReason::kNone) {
        target.plan_reason = PlanReason::kRoutine;
    }
}

void note_probe_byte(Target& target) {
    if (!target.plan.probes.empty())
        target.probe_byte = target.memory->read<std::uint8_t>(target.plan.probes.front().address);
}

PointState state_of(const PlannedPoint& point) {
    if (!point.is_observed()) return point.is_waiting() ? PointState::kWaiting : PointState::kUnobserved;
    return point.warnings.empty() ? PointState::kExact : PointState::kInexact;
}

PointState state_of(const Target& target, const PlannedPoint& point) {
    const PointState planned = state_of(point);
    const bool unseen = target.claims.unseen().contains(name_of(point));
    return planned == PointState::kExact && unseen ? PointState::kInexact : planned;
}

namespace {

void report_use(const Target& target, const PlannedPoint& point, PointReport& report) {
    report.mechanism = mechanism_text(point);
    report.group = group_of(point);
    if (const auto seen = target.seen_points.find(report.name); seen != target.seen_points.end())
        report.executions = target.executions.at(seen->second);
    const auto use = target.use.find(report.group);
    if (use == target.use.end()) return;
    report.hits = use->second.hits;
    report.added_seconds = use->second.seconds;
}

PointReport report_of(const Target& target, const PlannedPoint& point) {
    PointReport report{.name = name_of(point), .state = state_of(target, point)};
    report.remark = point.is_observed() ? joined(point.warnings) : point.why_not();
    if (point.is_observed()) report_use(target, point, report);
    const auto unseen = target.claims.unseen().find(report.name);
    if (unseen != target.claims.unseen().end()) report.remark = unseen_text(report.name, unseen->second);
    return report;
}

void report_point(const Target& target, const PlannedPoint& point, TargetReport& report) {
    const std::string name = name_of(point);
    report.points.push_back(report_of(target, point));
    if (!point.is_observed()) {
        report.unobserved.push_back(name + ": " + point.why_not());
        return;
    }
    report.observed.push_back(name + ": " + mechanism_text(point));
    if (!point.warnings.empty()) report.inexact.push_back(name + ": " + joined(point.warnings));
    if (!target.seen_points.contains(name)) report.never_hit.push_back(name);
    const auto unseen = target.claims.unseen().find(name);
    if (unseen == target.claims.unseen().end()) return;
    report.warnings.push_back(unseen_text(name, unseen->second));
    report.inexact.push_back(report.warnings.back());
}

}  // namespace

std::string unseen_text(const std::string& point, const std::string& function) {
    return point + ": " + function + "() has run since the attach, and no execution of it was seen";
}

std::set<std::string> profiles_of(const Plan& plan) {
    std::set<std::string> profiles;
    for (const PlannedPoint& point : plan.points) profiles.insert(point.profile);
    return profiles;
}

TargetReport report_of(const Target& target) {
    TargetReport report;
    report.pid = target.plan.pid;
    report.executable = std::filesystem::path(target.plan.exe).filename().string();
    report.hits_per_second = target.hits_per_second;
    report.overhead = target.overhead;
    for (const PlannedPoint& point : target.plan.points) report_point(target, point, report);
    if (!target.not_extended.empty()) report.unobserved.push_back(target.not_extended);
    for (const std::string& profile : profiles_of(target.plan))
        report.profile += (report.profile.empty() ? "" : ", ") + profile;
    return report;
}

}  // namespace flowtap

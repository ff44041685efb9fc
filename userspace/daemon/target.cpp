// SPDX-License-Identifier: Apache-2.0
#include "daemon/target.h"

#include <filesystem>
#include <set>

namespace flowtap {
namespace {

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& one : texts) text += (text.empty() ? "" : "; ") + one;
    return text;
}

}  // namespace

bool needs_new_plan(Target& target, std::uint32_t code_pages, std::size_t targets, std::uint64_t now_ns) {
    const Plan& plan = target.plan;
    const bool imported = plan.modules && target.imports.due(*plan.modules, *target.memory, now_ns);
    const bool appeared = target.signs.due(plan.signs, *target.memory, targets, now_ns);
    return (plan.native && target.mappings.due(plan, code_pages, now_ns)) || imported || appeared;
}

void note_probe_byte(Target& target) {
    if (!target.plan.probes.empty())
        target.probe_byte = target.memory->read<std::uint8_t>(target.plan.probes.front().address);
}

PointState state_of(const PlannedPoint& point) {
    if (!point.observed) return point.pending ? PointState::kWaiting : PointState::kUnobserved;
    return point.warnings.empty() ? PointState::kExact : PointState::kInexact;
}

TargetReport report_of(const Target& target) {
    TargetReport report;
    report.pid = target.plan.pid;
    report.executable = std::filesystem::path(target.plan.exe).filename().string();
    report.hits_per_second = target.hits_per_second;
    report.overhead = target.overhead;
    std::set<std::string> profiles;
    for (const PlannedPoint& point : target.plan.points) {
        profiles.insert(point.profile);
        const std::string name = point.profile + "/" + point.point.name + ": ";
        if (point.observed) {
            report.observed.push_back(name + point.mechanism);
            if (!point.warnings.empty()) report.inexact.push_back(name + joined(point.warnings));
        } else {
            report.unobserved.push_back(name + point.why_not);
        }
    }
    for (const std::string& profile : profiles)
        report.profile += (report.profile.empty() ? "" : ", ") + profile;
    return report;
}

}  // namespace flowtap

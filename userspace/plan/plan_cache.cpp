// SPDX-License-Identifier: Apache-2.0
#include "plan/plan_cache.h"

#include <algorithm>
#include <iterator>

#include "plan/python_plan.h"

namespace flowtap {
namespace {

// All of a plan that decides which taps are needed: how each point is seen, and whether code objects of
// coroutines are among the codes.
std::string mechanisms_of(const Plan& plan, const PlanSettings& settings) {
    std::string text;
    for (const PlannedPoint& point : plan.points) text += (point.observed ? point.mechanism : "-") + ";";
    unsigned roles = 0;  // of coroutines
    for (const PlannedCode& code : plan.codes)
        if ((code.roles & FT_CODE_COROUTINE) != 0) roles |= code.roles;
    if (calls_methods(plan)) text += "calls;";
    return text + std::to_string(roles) + (settings.running_seconds ? ";running" : "");
}

}  // namespace

const TapCache::Entry* TapCache::find(const FileIdentity& file, const std::string& mechanisms) const {
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& entry) { return entry.file == file && entry.mechanisms == mechanisms; });
    return found == entries_.end() ? nullptr : &*found;
}

const TapCache::Entry& TapCache::remember(Entry entry) {
    if (entries_.size() == kMost) entries_.pop_front();
    return entries_.emplace_back(std::move(entry));
}

TapCache::Entry TapCache::made_for(const Plan& plan, const Interpreter& interpreter, const Memory& memory,
                                   const PlanSettings& settings) {
    Plan scratch = plan;
    scratch.probes.clear();
    for (PlannedPoint& point : scratch.points) {
        point.warnings.clear();
        point.notes.clear();
    }
    plan_python_taps(scratch, interpreter, memory, settings);
    Entry made{interpreter.elf().identity(),
               mechanisms_of(plan, settings),
               std::move(scratch.probes),
               {},
               scratch.python->clocks};
    for (PlannedProbe& probe : made.probes) probe.address -= interpreter.load_bias();
    for (PlannedPoint& point : scratch.points) {
        made.points.push_back(
            {point.observed, std::move(point.why_not), std::move(point.warnings), std::move(point.notes)});
    }
    return made;
}

void TapCache::add_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                        const PlanSettings& settings) {
    const std::uint64_t bias = interpreter.load_bias();
    const Entry* entry = find(interpreter.elf().identity(), mechanisms_of(plan, settings));
    if (entry == nullptr) entry = &remember(made_for(plan, interpreter, memory, settings));
    plan.python->clocks = entry->clocks;
    for (PlannedProbe probe : entry->probes) {
        probe.address += bias;
        probe.file = interpreter.elf_path();
        plan.probes.push_back(std::move(probe));
    }
    for (std::size_t i = 0; i < plan.points.size(); i++) {
        PlannedPoint& point = plan.points[i];
        if (!point.observed) continue;
        point.observed = entry->points[i].observed;
        if (!point.observed) point.why_not = entry->points[i].why_not;
        std::ranges::copy(entry->points[i].warnings, std::back_inserter(point.warnings));
        std::ranges::copy(entry->points[i].notes, std::back_inserter(point.notes));
    }
}

}  // namespace flowtap

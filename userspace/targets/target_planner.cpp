// SPDX-License-Identifier: Apache-2.0
#include "targets/target_planner.h"

#include <algorithm>

#include "base/clock.h"
#include "plan/planner.h"
#include "process/cpu_time.h"
#include "process/metered_memory.h"
#include "process/process_facts.h"
#include "python/interpreter.h"
#include "python/objects/error_names.h"

namespace flowtap {
namespace {

// A process in which no point can be observed, now or after an import, is not a target. Returns the first
// point's error.
std::optional<Error> nothing_to_observe(const Plan& plan) {
    if (plan.points.empty() || std::ranges::any_of(plan.points, &PlannedPoint::may_be_observed))
        return std::nullopt;
    return Error{"observe process", std::to_string(plan.pid), plan.points.front().why_not(),
                 "see flowtap plan --pid " + std::to_string(plan.pid), Error::Kind::kNoTarget};
}

Error over_limit(pid_t pid, const std::string& limit) {
    return {"inspect process", std::to_string(pid), "it takes " + limit,
            "a process with so many classes, functions or modules is not observed"};
}

Error no_copy(pid_t pid, pid_t of, std::string cause) {
    return {"observe process", std::to_string(pid),
            "it is not a copy of process " + std::to_string(of) + ": " + std::move(cause), "",
            Error::Kind::kNoTarget};
}

std::string directory_of(pid_t pid) { return "/proc/" + std::to_string(pid) + "/"; }

// Whether the process has code mapped at the address.
bool has_code_at(const ProcessFacts& facts, std::uint64_t address) {
    return std::ranges::any_of(facts.mappings, [&](const Mapping& mapping) {
        return mapping.executable && mapping.start <= address && address < mapping.end;
    });
}

// The paths of a plan name the process's directory in /proc.
void move_paths(Plan& plan, pid_t from) {
    const std::string old_directory = directory_of(from);
    for (PlannedProbe& probe : plan.probes) {
        if (probe.file.starts_with(old_directory))
            probe.file.replace(0, old_directory.size(), directory_of(plan.pid));
    }
}

}  // namespace

bool TargetPlanner::asks_for_return_probes() const {
    return std::ranges::any_of(profiles_, [](const Profile& profile) {
        return std::ranges::any_of(profile.points,
                                   [](const Point& point) { return point.exit == ExitRule::kUretprobe; });
    });
}

bool TargetPlanner::asks_for_watches() const {
    return std::ranges::any_of(profiles_, [](const Profile& profile) {
        return std::ranges::any_of(profile.points,
                                   [](const Point& point) { return point.call == CallShape::kFunction; });
    });
}

Result<PlannedTarget> TargetPlanner::plan(pid_t pid, const Reductions& reductions) {
    const std::uint64_t now_ns = monotonic_ns();
    exceeded_ = false;
    const std::optional<std::uint64_t> cpu_ns = cpu_time_of(pid);
    Result<RemoteMemory> memory = RemoteMemory::open(pid);
    Result<ProcessFacts> facts = read_process_facts(pid);
    if (!facts) return facts.error();
    if (!memory) return memory.error();
    // Analysing the interpreter's file happens once and does not depend on the process, so it is not charged
    // to the process's budget.
    const MeteredMemory metered(*memory, {}, [this] { return thread_cpu_ns() - cache_.probes.search_ns(); });
    const auto make = [&](std::span<const Profile> profiles, const PlanSettings& settings) {
        return plan_process(*facts, metered, profiles, cache_, settings);
    };
    Result<ReducedPlan> plan = reduced_plan(profiles_, settings_, reductions, make);
    OpenFiles files = cache_.files.take_opened();
    exceeded_ = !metered.exceeded().empty();
    if (exceeded_) return over_limit(pid, metered.exceeded());
    if (!plan) return plan.error();
    if (!reductions.any()) {
        if (std::optional<Error> nothing = nothing_to_observe(plan->plan)) return *nothing;
    }
    return PlannedTarget{std::move(plan->plan), std::move(*memory), now_ns, std::move(files), cpu_ns,
                         plan->reduced};
}

Result<PlannedTarget> TargetPlanner::plan_copy(pid_t pid, const Plan& of) const {
    const std::uint64_t now_ns = monotonic_ns();
    Result<RemoteMemory> memory = RemoteMemory::open(pid);
    Result<ProcessFacts> facts = read_process_facts(pid);
    if (!facts) return facts.error();
    if (!memory) return memory.error();
    if (facts->exe != of.exe) return no_copy(pid, of.pid, "it runs " + facts->exe);
    for (const PlannedProbe& probe : of.probes)
        if (!has_code_at(*facts, probe.address)) return no_copy(pid, of.pid, "other code is mapped");
    if (of.modules && !of.modules->read(*memory))
        return no_copy(pid, of.pid, "its interpreter is at another address");
    map_pages(of.error_names, *memory);
    PlannedTarget copy{of, std::move(*memory), now_ns, {}, {}};
    copy.plan.pid = pid;
    copy.plan.start_ticks = facts->start_ticks;
    move_paths(copy.plan, of.pid);
    return copy;
}

Result<std::optional<IdleInterpreter>> TargetPlanner::idle_interpreter(pid_t pid) {
    Result<RemoteMemory> memory = RemoteMemory::open(pid);
    const Result<ProcessFacts> facts = read_process_facts(pid);
    if (!memory || !facts) return std::optional<IdleInterpreter>();
    const Result<std::optional<Interpreter>> interpreter = Interpreter::locate(*facts, *memory, cache_.files);
    OpenFiles files = cache_.files.take_opened();  // always, because open files keep a file system busy
    if (!interpreter) return interpreter.error();
    if (!*interpreter) return std::optional<IdleInterpreter>();
    return std::optional(
        IdleInterpreter{ModuleCount::of(**interpreter), std::move(*memory), std::move(files)});
}

}  // namespace flowtap

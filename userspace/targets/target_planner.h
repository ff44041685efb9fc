// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "budget/reduced_plan.h"
#include "plan/plan.h"
#include "plan/plan_cache.h"
#include "process/remote_memory.h"
#include "profile/profile.h"
#include "python/module_count.h"

namespace flowtap {

// Keep as long as the process lives: others that map the same files need not parse them again.
using OpenFiles = std::vector<std::shared_ptr<const ElfFile>>;

// A plan and the memory from which it was made. As long as that can be read, the program is the same.
struct PlannedTarget {
    Plan plan;
    RemoteMemory memory;
    std::uint64_t planned_ns = 0;  // when the memory was opened
    OpenFiles files = {};
    std::optional<std::uint64_t> cpu_ns = {};  // CPU time the process had used before it was planned
    ReducedPoints reduced = {};
};

// A running interpreter that has imported no module of any profile yet.
struct IdleInterpreter {
    ModuleCount modules;
    RemoteMemory memory;
    OpenFiles files;
};

// Plans live processes.
class TargetPlanner {
public:
    TargetPlanner(std::vector<Profile> profiles, const PlanSettings& settings)
        : profiles_(std::move(profiles)), settings_(settings) {}

    // Later plans use these.
    void replace_profiles(std::vector<Profile> profiles, const PlanWishes& wishes) {
        profiles_ = std::move(profiles);
        settings_.wishes = wishes;
        cache_.natives.clear();
    }

    [[nodiscard]] const PlanSettings& settings() const { return settings_; }

    // Whether a profile asks for the kernel's return probes.
    [[nodiscard]] bool asks_for_return_probes() const;

    // Whether a profile has points that hardware watches may observe.
    [[nodiscard]] bool asks_for_watches() const;

    // Errors: as plan_process(); also if no point can be observed, now or after an import, or if reading the
    // process's memory exceeds MemoryLimits. Points excluded by the reductions are in the plan as not
    // observed.
    [[nodiscard]] Result<PlannedTarget> plan(pid_t pid, const Reductions& reductions = {});
    // Whether the last plan() exceeded its limits.
    [[nodiscard]] bool exceeded() const { return exceeded_; }
    // Plans a forked child of the plan's process that has not called exec: it has the same functions at the
    // same addresses. Errors: kNoTarget if it is not such a child.
    [[nodiscard]] Result<PlannedTarget> plan_copy(pid_t pid, const Plan& of) const;
    // The interpreter of a process that no profile fits; nullopt if it has none. Errors: as
    // Interpreter::locate() if the interpreter is not supported.
    [[nodiscard]] Result<std::optional<IdleInterpreter>> idle_interpreter(pid_t pid);

private:
    std::vector<Profile> profiles_;
    PlanSettings settings_;
    PlanCache cache_;
    bool exceeded_ = false;
};

}  // namespace flowtap

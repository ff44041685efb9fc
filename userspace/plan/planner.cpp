// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include <algorithm>
#include <optional>

#include "plan/machine_limits.h"
#include "plan/native/native_plan.h"
#include "plan/native/unwind_plan.h"
#include "plan/python/interpreter_plans.h"
#include "plan/python/python_mechanisms.h"
#include "plan/python/python_plan.h"
#include "python/interpreter.h"

namespace flowtap {
namespace {

bool any_python(std::span<const Profile> profiles) {
    for (const Profile& profile : profiles)
        if (profile.runtime == Runtime::kCPython) return true;
    return false;
}

Result<void> plan_python(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                         std::span<const Profile> profiles, PlanCache& cache, const PlanSettings& settings) {
    const ProcessProbes process(cache.probes, interpreter, memory, settings, wanted_probes(profiles));
    plan.interpreter = "CPython " + interpreter.release().text();
    for (const std::string& trait : interpreter.traits()) plan.interpreter += ", " + trait;
    plan.modules = ModuleCount::of(interpreter);
    if (Result<void> done = plan_interpreters(plan, interpreter, memory, profiles, process); !done)
        return done;
    if (plan.interpreters.size() > 1)
        plan.interpreter += ", subinterpreters: " + std::to_string(plan.interpreters.size() - 1);
    if (plan.codes.empty()) return {};
    plan.python = interpreter.layout().bpf;
    plan_python_probes(plan, process, profiles, settings);
    return {};
}

bool fits(const Profile& profile, const ProcessFacts& facts) {
    return profile.runtime == Runtime::kNative && native_profile_fits(profile, facts);
}

// Reads the layout before the files: a file that is written to meanwhile then has another version.
Result<void> plan_native(Plan& plan, const ProcessFacts& facts, std::span<const Profile> profiles,
                         PlanCache& cache) {
    plan.native = std::ranges::any_of(profiles, [&](const Profile& one) { return fits(one, facts); });
    if (!plan.native) return {};
    std::optional<NativeLayout> layout = NativeLayout::of(facts);
    if (layout && cache.natives.fill(plan, facts, *layout)) return {};
    for (const Profile& profile : profiles) {
        if (!fits(profile, facts)) continue;
        if (Result<void> done = plan_native_profile(plan, profile, facts); !done) return done;
    }
    plan_unwinding(plan, facts);
    if (layout) cache.natives.keep(plan, facts, *std::move(layout));
    return {};
}

// An interpreter's errors do not say of which process.
Error in_process(Error error, pid_t pid) {
    if (error.subject.ends_with("Python")) error.subject += " in process " + std::to_string(pid);
    return error;
}

Error no_profile_fits(const Plan& plan, std::span<const Profile> profiles) {
    std::string names;
    for (const Profile& profile : profiles) names += (names.empty() ? "" : ", ") + profile.name;
    const std::string what = plan.interpreter.empty() ? plan.exe : plan.interpreter + ", " + plan.exe;
    std::string missing;
    for (const std::string& text : plan.not_imported) missing += "; " + text;
    return {"plan process", std::to_string(plan.pid),
            "no profile fits it (" + what + "; tried: " + names + missing + ")",
            "name a profile for its engine with --profile FILE", Error::Kind::kNoTarget};
}

}  // namespace

Result<Plan> plan_process(const ProcessFacts& facts, const Memory& memory, std::span<const Profile> profiles,
                          const PlanSettings& settings) {
    PlanCache cache;
    return plan_process(facts, memory, profiles, cache, settings);
}

Result<Plan> plan_process(const ProcessFacts& facts, const Memory& memory, std::span<const Profile> profiles,
                          PlanCache& cache, const PlanSettings& settings) {
    Plan plan;
    plan.pid = facts.pid;
    plan.start_ticks = facts.start_ticks;
    plan.exe = facts.exe;
    plan.code_mappings = code_mappings(facts);
    plan.prices = settings.machine.prices;
    plan.untried = settings.machine.untried;
    if (Result<void> done = plan_native(plan, facts, profiles, cache); !done) return done.error();
    drop_failing_points(plan, settings.machine);
    if (any_python(profiles)) {
        Result<std::optional<Interpreter>> interpreter = Interpreter::locate(facts, memory, cache.files);
        // An unsupported interpreter is an error only if nothing native was found.
        if (!interpreter && plan.points.empty()) return in_process(interpreter.error(), plan.pid);
        if (interpreter && *interpreter) {
            if (Result<void> done = plan_python(plan, **interpreter, memory, profiles, cache, settings);
                !done)
                return done.error();
        }
    }
    if (plan.points.empty()) return no_profile_fits(plan, profiles);
    return plan;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include <optional>

#include "plan/native_plan.h"
#include "plan/python_plan.h"
#include "plan/unwind_plan.h"
#include "python/code_lookup.h"
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
    const CodeLookup lookup(interpreter, memory);
    plan.interpreter = "CPython " + interpreter.version().text();
    for (const std::string& trait : interpreter.traits()) plan.interpreter += ", " + trait;
    plan.modules = ModuleCount::of(interpreter);
    for (const Profile& profile : profiles) {
        if (profile.runtime != Runtime::kCPython || !lookup.any_module_loaded(profile.modules)) continue;
        if (Result<void> done = plan_python_profile(plan, profile, lookup, settings); !done) return done;
    }
    if (plan.codes.empty()) return {};
    plan.python = interpreter.layout().bpf;
    plan.thread_lists = {interpreter.main_interpreter() + interpreter.layout().interpreter_threads_head};
    cache.taps.add_taps(plan, interpreter, memory, settings);
    return {};
}

Error no_profile_fits(const Plan& plan, std::span<const Profile> profiles) {
    std::string names;
    for (const Profile& profile : profiles) names += (names.empty() ? "" : ", ") + profile.name;
    const std::string what = plan.interpreter.empty() ? plan.exe : plan.interpreter + ", " + plan.exe;
    return {"plan process", std::to_string(plan.pid),
            "no profile fits it (" + what + "; tried: " + names + ")",
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
    for (const Profile& profile : profiles) {
        if (profile.runtime != Runtime::kNative || !native_profile_fits(profile, facts)) continue;
        plan.native = true;
        if (Result<void> done = plan_native_profile(plan, profile, facts); !done) return done.error();
    }
    plan_unwinding(plan, facts);
    if (any_python(profiles)) {
        Result<std::optional<Interpreter>> interpreter = Interpreter::locate(facts, memory, cache.files);
        // An interpreter we cannot read matters only where nothing native was found.
        if (!interpreter && plan.points.empty()) return interpreter.error();
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "plan/planner.h"
#include "process/process_facts.h"
#include "profile/profile_loader.h"
#include "tests/unit/python/engine_script.h"
#include "tests/unit/python/live_python.h"

namespace flowtap {

inline constexpr const char* kBuiltIn = "built-in";  // Profile::source of the profiles compiled in

// Precondition: the text is a good profile. `points` are the lines under "points:".
inline Profile engine_profile(const std::string& points, const std::string& source = kBuiltIn,
                              const std::string& module = "engine.core") {
    const LoadedProfile loaded = parse_profile(
        "profile: engine\nruntime: cpython\nmodules: [" + module + "]\npoints:\n" + points, source);
    if (const auto* problems = std::get_if<ProfileErrors>(&loaded))
        ADD_FAILURE() << to_error(*problems).message();
    const auto* profile = std::get_if<Profile>(&loaded);
    return profile == nullptr ? Profile{} : *profile;
}

// Plans of a live interpreter that has the module engine.core of engine_script().
class PythonPlanTest : public LivePythonTest {
protected:
    Result<Plan> plan(const std::vector<Profile>& profiles) const {
        const Result<ProcessFacts> facts = read_process_facts(python().pid());
        if (!facts) return facts.error();
        return plan_process(*facts, memory(), profiles, cache(), settings_);
    }
    Result<Plan> plan(const std::string& points, const std::string& source = kBuiltIn) const {
        return plan({engine_profile(points, source)});
    }

    // The interpreters' files are analysed once for all tests of a program.
    static PlanCache& cache() {
        static PlanCache shared;
        return shared;
    }

    // Prices as one virtual machine has them.
    PlanSettings settings_{
        .machine = {.prices = {.emulated = 0.8e-6, .single_stepped = 11e-6, .hardware_watch = 25e-6}}};
};

inline const PlannedCode* code_named(const Plan& plan, const std::string& qualname) {
    const auto found = std::ranges::find(plan.codes, qualname, &PlannedCode::qualname);
    return found == plan.codes.end() ? nullptr : &*found;
}

// Empty if its calls are not recognised by the object.
inline MethodCall method_of(const PlannedCode& code) {
    const auto* method = std::get_if<MethodCall>(&code.calls);
    return method == nullptr ? MethodCall{} : *method;
}

// Of the attributes, and keys, that a path goes through.
inline std::vector<std::string> names_of(const PlannedPath& path) {
    std::vector<std::string> names;
    for (const PlannedPath::Step& one : path.steps) names.push_back(one.step.name);
    return names;
}

}  // namespace flowtap

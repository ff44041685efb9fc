// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/measure.h"
#include "plan/planner.h"
#include "process/process_facts.h"
#include "process/remote_memory.h"
#include "selftest/self_test.h"
#include "settings/profiles.h"

namespace flowtap {

Result<void> plan_command(const PlanOptions& options, std::ostream& out) {
    Result<std::vector<Profile>> profiles = load_profiles(options.profiles);
    if (!profiles) return profiles.error();
    Result<ProcessFacts> facts = read_process_facts(options.pid);
    if (!facts) return facts.error();
    Result<RemoteMemory> memory = RemoteMemory::open(options.pid);
    if (!memory) return memory.error();
    const PlanSettings settings{.wishes = {options.preference, options.attach_on_use},
                                .running_seconds = !options.no_running_seconds,
                                .machine = self_test()};
    Result<Plan> plan = plan_process(*facts, *memory, *profiles, settings);
    if (!plan) return plan.error();
    const PlanDetail detail = options.sites ? PlanDetail::kSites : PlanDetail::kPoints;
    if (!options.measure) {
        out << (options.json ? to_json(*plan) + "\n" : to_text(*plan, detail));
        return {};
    }
    Result<MeasuredCost> cost = measure_cost(options.pid, *std::move(profiles), settings, *options.measure);
    if (!cost) return cost.error();
    if (options.json) {
        nlohmann::ordered_json json = nlohmann::ordered_json::parse(to_json(*plan));
        json["measured"] = to_json(*cost);
        out << json.dump(2) << "\n";
    } else {
        out << to_text(*plan, detail) << to_text(*cost);
    }
    return {};
}

}  // namespace flowtap

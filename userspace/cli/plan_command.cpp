// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.h"
#include "cli/profiles.h"
#include "plan/planner.h"
#include "process/process_facts.h"
#include "process/remote_memory.h"
#include "selftest/self_test.h"

namespace flowtap {

Result<void> plan_command(const PlanOptions& options, std::ostream& out) {
    Result<std::vector<Profile>> profiles = load_profiles(options.profiles);
    if (!profiles) return profiles.error();
    prefer(options.preference, options.attach_on_use, *profiles);
    Result<ProcessFacts> facts = read_process_facts(options.pid);
    if (!facts) return facts.error();
    Result<RemoteMemory> memory = RemoteMemory::open(options.pid);
    if (!memory) return memory.error();
    Result<Plan> plan =
        plan_process(*facts, *memory, *profiles,
                     PlanSettings{.running_seconds = !options.no_running_seconds, .machine = self_test()});
    if (!plan) return plan.error();
    out << (options.json ? to_json(*plan) + "\n" : to_text(*plan));
    return {};
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// What would be attached in one process: a pure value. It holds no descriptor and touches nothing, so it can
// be printed (flowtap plan), compared and tested. The attacher carries it out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpf/target.h"
#include "machine/machine_facts.h"
#include "plan/planned/code.h"
#include "plan/planned/point.h"
#include "plan/planned/probe.h"
#include "plan/planned/watch.h"
#include "plan/wishes.h"
#include "python/module_count.h"
#include "python/unchanged_words.h"

namespace flowtap {

// The user's wishes and the facts about this machine.
struct PlanSettings {
    PlanWishes wishes = {};
    // Whether to measure the running time of coroutines without suspensions, if that costs one cheap hit per
    // step.
    bool running_seconds = true;
    // The mechanisms that work on this machine, and their prices.
    MachineFacts machine = {};
};

struct Plan {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;
    std::string exe;
    std::string interpreter;  // "CPython 3.11.2 in /usr/bin/python3.11"; empty for a native process
    std::optional<ft_python> python;
    std::optional<ModuleCount> modules;  // Python: a change means that functions may have been imported since
    // Python: words that change when a class appears, a class gets its first object, or a function's code is
    // replaced.
    UnchangedWords signs;
    std::vector<std::uint32_t> interpreters;  // Python: the numbers of all that the process has
    std::uint32_t next_interpreter = 0;       // number of the next one to be created
    std::vector<std::uint64_t> error_names;   // Python: as error_name_pages() gives them
    std::vector<std::uint64_t> thread_lists;  // Python: head of each interpreter's list of threads
    bool native = false;                      // a native profile fits
    std::vector<std::string> code_mappings;   // of the process at the time of the plan
    std::vector<PlannedPoint> points;
    std::vector<PlannedProbe> probes;
    std::vector<PlannedWatch> watches;
    std::vector<PlannedCode> codes;
    // Python: modules of the user's profiles whose absence made flowtap skip these profiles, as text.
    std::vector<std::string> not_imported;
    PlanWishes wishes;    // Python: used for the choice of mechanisms
    Prices prices;        // prices of hits, used for the choice of mechanisms
    std::string untried;  // why the mechanisms were not tried on this machine; empty: they were

    [[nodiscard]] bool observes_anything() const;
    // Whether a point is observed by this mechanism.
    [[nodiscard]] bool uses(PointMechanism mechanism) const;
};

enum class PlanDetail : std::uint8_t { kPoints, kSites };

// For people: a line for each point, then what is not observed; with kSites also the rejected mechanisms and
// every probe site. Ends in a newline.
std::string to_text(const Plan& plan, PlanDetail detail = PlanDetail::kPoints);
// For programs: everything.
std::string to_json(const Plan& plan);

}  // namespace flowtap

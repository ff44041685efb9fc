// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/table_limits.h"

#include <cerrno>
#include <string>

#include "bpf/target.h"

namespace flowtap {
namespace {

constexpr std::size_t kShares = 8;

constexpr const char* kOneProcess = " entries that one process may have in ";
constexpr const char* kIsFull = " is full: ";
constexpr const char* kIsMaximum = ", which is the maximum";

struct Facts {
    const char* name;  // as in bpf/maps.bpf.h
    const char* holds;
    std::size_t capacity;
};

Facts facts_of(Kernel::Table table) {
    switch (table) {
        case Kernel::Table::kTargets:
            return {"targets", "processes that are observed", FT_MAX_TARGETS};
        case Kernel::Table::kLayouts:
            return {"layouts", "processes that are observed", FT_MAX_TARGETS};
        case Kernel::Table::kNumbered:
            return {"numbered", "probe sites", FT_MAX_NUMBERED};
        case Kernel::Table::kSites:
            return {"sites", "probe sites", FT_MAX_SITES};
        case Kernel::Table::kLandings:
            return {"landings", "unwinders' probe sites", FT_MAX_LANDINGS};
        case Kernel::Table::kWatches:
            return {"watches", "hardware watches", FT_MAX_WATCHES};
        case Kernel::Table::kReads:
            return {"reads", "ids that native probes read", FT_MAX_READS};
        case Kernel::Table::kCodes:
            return {"codes", "Python functions", FT_MAX_CODES};
        case Kernel::Table::kPaths:
            return {"paths", "paths to Python ids", FT_MAX_PATHS};
        case Kernel::Table::kOutcomes:
            return {"outcomes", "points with failed_when", FT_MAX_OUTCOMES};
        case Kernel::Table::kNames:
            return {"names", "attribute names", FT_ENUM_VALUE};
    }
    return {};
}

std::string describe(const Facts& facts) {
    return std::string("table `") + facts.name + "` (" + facts.holds + ")";
}

}  // namespace

std::size_t most_entries_of_process(Kernel::Table table) {
    const std::size_t capacity = facts_of(table).capacity;
    // Attribute names come only from profiles.
    const bool is_shared = table != Kernel::Table::kTargets && table != Kernel::Table::kNames;
    return is_shared ? capacity / kShares : capacity;
}

Error share_used_up(Kernel::Table table, pid_t pid) {
    return {"attach to process", std::to_string(pid),
            "it needs more than the " + std::to_string(most_entries_of_process(table)) + kOneProcess +
                describe(facts_of(table)),
            "narrow the profile's points, or leave the process out"};
}

Error table_error(Kernel::Table table, pid_t pid, int error) {
    const Facts facts = facts_of(table);
    if (error != E2BIG && error != ENOSPC)
        return errno_error("write " + describe(facts) + " for process", std::to_string(pid), error);
    return {"attach to process", std::to_string(pid),
            describe(facts) + kIsFull + std::to_string(facts.capacity) + " entries, of all targets",
            "observe fewer processes or fewer points"};
}

Error too_many_targets(pid_t pid, std::size_t most) {
    return {"attach to process", std::to_string(pid),
            std::to_string(most) + " processes are attached to" + kIsMaximum,
            "select fewer with --match or --pid"};
}

Error too_many_sites(const std::string& probe, std::size_t most) {
    return {"attach uprobe", probe,
            "all targets together have " + std::to_string(most) + " probe sites" + kIsMaximum,
            "observe fewer processes or fewer points"};
}

bool is_maximum(const Error& error) { return error.cause.ends_with(kIsMaximum); }

bool is_share_used_up(const Error& error) { return error.cause.find(kOneProcess) != std::string::npos; }

bool is_table_full(const Error& error) { return error.cause.find(kIsFull) != std::string::npos; }

}  // namespace flowtap

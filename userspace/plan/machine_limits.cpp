// SPDX-License-Identifier: Apache-2.0
#include "plan/machine_limits.h"

#include <set>

namespace flowtap {
namespace {

KernelMechanism mechanism_of(SiteCost cost) {
    return cost == SiteCost::kEmulated ? KernelMechanism::kEmulatedUprobe
                                       : KernelMechanism::kSingleSteppedUprobe;
}

const char* kind_of(SiteCost cost) {
    return cost == SiteCost::kEmulated ? "an emulated instruction" : "a single-stepped instruction";
}

std::optional<Error> lack_of_uprobe(const PlannedProbe& probe, const MachineFacts& machine) {
    const std::string lack = machine.lack_of(mechanism_of(probe.cost));
    if (lack.empty()) return std::nullopt;
    return Error{"probe", probe.name,
                 std::string("a uprobe on ") + kind_of(probe.cost) + " does not work here: " + lack};
}

}  // namespace

std::optional<Error> lack_of_uprobes(std::span<const PlannedProbe> probes, const MachineFacts& machine) {
    for (const PlannedProbe& probe : probes)
        if (std::optional<Error> lack = lack_of_uprobe(probe, machine)) return lack;
    return std::nullopt;
}

void drop_failing_points(Plan& plan, const MachineFacts& machine) {
    std::set<std::size_t> withdrawn;
    for (const PlannedProbe& probe : plan.probes) {
        const std::optional<Error> lack = lack_of_uprobe(probe, machine);
        if (!lack || !probe.point || !withdrawn.insert(*probe.point).second) continue;
        plan.points[*probe.point].give_up(lack->message());
    }
    std::erase_if(plan.probes, [&](const PlannedProbe& probe) {
        return probe.point ? withdrawn.contains(*probe.point) : lack_of_uprobe(probe, machine).has_value();
    });
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "plan/machine_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/python/python_mechanisms.h"

namespace flowtap::machine_limits_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

PlannedProbe probe(SiteCost cost, std::optional<std::size_t> point) {
    PlannedProbe planned;
    planned.name = "engine:exit";
    planned.cost = cost;
    planned.point = point;
    return planned;
}

// Point 0 is entered and left at emulated instructions, point 1 is left at a single-stepped one.
Plan sample() {
    Plan plan;
    plan.points.resize(2);
    for (PlannedPoint& point : plan.points) point.observe_by(PointMechanism::kEntryAndReturns);
    plan.probes = {probe(SiteCost::kEmulated, 0), probe(SiteCost::kEmulated, 0),
                   probe(SiteCost::kEmulated, 1), probe(SiteCost::kSingleStep, 1),
                   probe(SiteCost::kSingleStep, std::nullopt)};
    return plan;
}

MachineFacts without(KernelMechanism mechanism) {
    MachineFacts facts;
    for (const KernelMechanism one : kKernelMechanisms)
        facts.proofs.push_back(proof_of_hits(one, one == mechanism ? 0 : 10, 10));
    return facts;
}

TEST(MachineLimits, LeaveAPlanAloneWhereEverythingFires) {
    Plan plan = sample();
    drop_failing_points(plan, without(KernelMechanism::kMapFiles));
    EXPECT_THAT(plan.probes, SizeIs(5));
    EXPECT_TRUE(plan.points[1].is_observed());
}

TEST(MachineLimits, TakeAllProbesOfAPointOfWhichOneWouldNotFire) {
    Plan plan = sample();
    drop_failing_points(plan, without(KernelMechanism::kSingleSteppedUprobe));
    EXPECT_THAT(plan.probes, SizeIs(2));
    EXPECT_TRUE(plan.points[0].is_observed());
    EXPECT_FALSE(plan.points[1].is_observed());
    EXPECT_THAT(plan.points[1].why_not(), HasSubstr("single-stepped instruction does not work here: it fired "
                                                    "0 of 10 times"));
}

TEST(MachineLimits, LeaveNothingWhereNoUprobeFires) {
    Plan plan = sample();
    drop_failing_points(plan, without(KernelMechanism::kEmulatedUprobe));
    EXPECT_FALSE(plan.observes_anything());
    EXPECT_THAT(plan.probes, SizeIs(1)) << "of the process";
    EXPECT_TRUE(lack_of_uprobes(sample().probes, without(KernelMechanism::kEmulatedUprobe)));
    EXPECT_FALSE(lack_of_uprobes(plan.probes, without(KernelMechanism::kEmulatedUprobe)));
}

TEST(MachineLimits, OfWatchesAreThoseOfTheInterpreterToo) {
    EXPECT_EQ(why_unwatched({}, {"tail-call interpreter"}), "");
    EXPECT_EQ(why_unwatched({}, {"JIT on"}),
              "code compiled by the JIT does not read its bytecode, so hardware watches do not see its "
              "calls; set PYTHON_JIT=0 in the environment of the program");
}

}  // namespace
}  // namespace flowtap::machine_limits_test

// SPDX-License-Identifier: Apache-2.0
// What `flowtap check` says of machines that there need not be.
#include "cli/mechanism_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace flowtap::mechanism_checks_test {
namespace {

using testing::HasSubstr;

// Where everything works but watches, which are set without an error and never fire.
MachineFacts without_watches() {
    MachineFacts machine;
    for (const KernelMechanism mechanism : kKernelMechanisms) {
        const bool watch =
            mechanism == KernelMechanism::kWriteWatch || mechanism == KernelMechanism::kAccessWatch;
        if (mechanism != KernelMechanism::kPerfUprobe)
            machine.proofs.push_back(proof_of_hits(mechanism, watch ? 0 : 10, 10));
    }
    machine.prices = {.emulated = 5.3e-6, .single_stepped = 2e-5};
    return machine;
}

Check check_of(KernelMechanism mechanism, const MachineFacts& machine,
               WatchPrivilege watches = WatchPrivilege::kNone) {
    const std::vector<Check> checks = mechanism_checks(machine, watches);
    const auto found = std::ranges::find(checks, mechanism_name(mechanism), &Check::name);
    return found == checks.end() ? Check{} : *found;
}

TEST(MechanismChecks, SayThatAMechanismFiredAndWhatAHitCosts) {
    const Check check = check_of(KernelMechanism::kEmulatedUprobe, without_watches());
    EXPECT_EQ(check.state, Check::State::kOk);
    EXPECT_EQ(check.found, "fired 10 of 10, 5.3 us a hit");
    EXPECT_EQ(check.price_seconds, 5.3e-6);
    EXPECT_TRUE(check.proof->available);
}

TEST(MechanismChecks, DoNotClaimWatchesThatNeverFire) {
    for (const auto watch : {KernelMechanism::kWriteWatch, KernelMechanism::kAccessWatch}) {
        const Check check = check_of(watch, without_watches());
        EXPECT_EQ(check.state, Check::State::kLimited);
        EXPECT_EQ(check.found, "it fired 0 of 10 times: points with call: function are not observed");
        EXPECT_FALSE(check.remedy.empty());
        EXPECT_FALSE(check.price_seconds);
        EXPECT_FALSE(check.proof->available);
    }
}

TEST(MechanismChecks, SayWhatIsNotObservedWithoutAMechanism) {
    const std::pair<KernelMechanism, const char*> lacks[] = {
        {KernelMechanism::kSingleSteppedUprobe, "points that need one are not observed"},
        {KernelMechanism::kUprobeMulti, "probes are perf events, which take longer to attach and detach"},
        {KernelMechanism::kWriteWatch, "points with call: function are not observed"},
        {KernelMechanism::kAccessWatch, "points with call: function are not observed"},
        {KernelMechanism::kRingBuffer, "events are late, or have wrong times"},
        {KernelMechanism::kUserMemory, "ids of workflows and nodes are not read"},
        {KernelMechanism::kLifecycle,
         "new processes, and executions that end with their process, are noticed late"},
        {KernelMechanism::kMapFiles,
         "libraries that were deleted or replaced after a target mapped them are not observed"},
    };
    for (const auto& [mechanism, consequence] : lacks) {
        MachineFacts machine;
        machine.proofs = {refused(mechanism, "Operation not permitted", {})};
        const Check check = check_of(mechanism, machine);
        EXPECT_EQ(check.found, "Operation not permitted: " + std::string(consequence));
        EXPECT_EQ(check.remedy,
                  "flowtap cannot change this: it depends on the kernel or the virtual machine");
        EXPECT_EQ(check.state, Check::State::kLimited);
    }
}

TEST(MechanismChecks, SayWhatAWatchCostsAtASwitch) {
    MachineFacts machine;
    machine.proofs = {proof_of_hits(KernelMechanism::kAccessWatch, 10, 10)};
    machine.prices.hardware_watch = 7e-6;
    machine.prices.watched_switch = 4e-7;
    EXPECT_EQ(check_of(KernelMechanism::kAccessWatch, machine).found,
              "fired 10 of 10, 7 us a hit, 0.4 us a switch to a watched thread");
}

TEST(MechanismChecks, FailIfUprobesNeverFire) {
    MachineFacts machine;
    machine.proofs = {proof_of_hits(KernelMechanism::kEmulatedUprobe, 0, 10)};
    EXPECT_EQ(check_of(KernelMechanism::kEmulatedUprobe, machine).state, Check::State::kMissing);
}

TEST(MechanismChecks, AreContentWithEitherKindOfLink) {
    EXPECT_EQ(check_of(KernelMechanism::kPerfUprobe, without_watches()).found, "not tried: not needed");
    MachineFacts old;
    old.proofs = {refused(KernelMechanism::kUprobeMulti, "this kernel has no uprobe_multi links", {}),
                  proof_of_hits(KernelMechanism::kPerfUprobe, 10, 10)};
    EXPECT_EQ(check_of(KernelMechanism::kUprobeMulti, old).state, Check::State::kLimited);
    EXPECT_EQ(check_of(KernelMechanism::kPerfUprobe, old).state, Check::State::kOk);
    old.proofs[1] = refused(KernelMechanism::kPerfUprobe, "Permission denied", "give CAP_SYS_ADMIN");
    const Check check = check_of(KernelMechanism::kPerfUprobe, old);
    EXPECT_EQ(check.state, Check::State::kMissing);
    EXPECT_EQ(check.remedy, "give CAP_SYS_ADMIN");
}

TEST(MechanismChecks, NameEveryMechanismAlsoWhereNoneCouldBeTried) {
    MachineFacts machine;
    machine.untried = "load: Operation not permitted";
    const std::vector<Check> checks = mechanism_checks(machine, WatchPrivilege::kNone);
    EXPECT_EQ(checks.size(), kKernelMechanisms.size() + 1);
    EXPECT_EQ(checks[0].state, Check::State::kMissing);
    EXPECT_EQ(checks[0].found, machine.untried);
    EXPECT_EQ(checks[0].remedy, "fix what is missing above");
    for (const Check& check : checks) EXPECT_NE(check.state, Check::State::kOk) << check.name;
    for (std::size_t i = 1; i < checks.size(); ++i) {
        EXPECT_EQ(checks[i].found, "not tried");
        EXPECT_EQ(checks[i].remedy, "fix what is missing first");
    }
}

TEST(MechanismChecks, SayThatWatchesKeepAPrivilege) {
    MachineFacts machine;
    machine.proofs = {proof_of_hits(KernelMechanism::kWriteWatch, 10, 10)};
    EXPECT_THAT(check_of(KernelMechanism::kWriteWatch, machine, WatchPrivilege::kSysAdmin).found,
                HasSubstr("kernel.perf_event_paranoid is above 2, so flowtap keeps CAP_SYS_ADMIN for them"));
    EXPECT_THAT(check_of(KernelMechanism::kWriteWatch, machine, WatchPrivilege::kPerfmon).found,
                testing::Not(HasSubstr("CAP_SYS_ADMIN")));
}

}  // namespace
}  // namespace flowtap::mechanism_checks_test

// SPDX-License-Identifier: Apache-2.0
// Why a process is not a target, of this very process.
#include "targets/target_planner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "profile/profile_loader.h"

namespace flowtap::target_planner_test {
namespace {

const std::string kExe = std::filesystem::read_symlink("/proc/self/exe");
const std::string kOwnPid = std::to_string(::getpid());

TargetPlanner planner(const PlanSettings& settings = {}) {
    const auto profile =
        parse_profile("profile: own\nruntime: native\nbinaries: [" + std::string(::basename(kExe.c_str())) +
                          "]\npoints:\n  - {name: node, kind: node, function: main}\n",
                      "own.yaml");
    return TargetPlanner({std::get<Profile>(profile)}, settings);
}

std::string refusal(const Result<PlannedTarget>& planned) {
    return planned ? "planned" : planned.error().message();
}

TEST(TargetPlanner, LeavesAProcessAloneInWhichNoPointCanBeObserved) {
    PlanSettings settings;
    for (const KernelMechanism uprobe :
         {KernelMechanism::kEmulatedUprobe, KernelMechanism::kSingleSteppedUprobe})
        settings.machine.proofs.push_back(proof_of_hits(uprobe, 0, 10));
    EXPECT_EQ(refusal(planner(settings).plan(::getpid())),
              "observe process " + kOwnPid +
                  ": probe node:entry: a uprobe on an emulated instruction does not work here: it fired 0 of "
                  "10 times (see flowtap plan --pid " +
                  kOwnPid + ")");
}

TEST(TargetPlanner, TakesNoOtherProgramForACopy) {
    Plan of;
    of.pid = 1;
    of.exe = "/usr/bin/other";
    EXPECT_EQ(refusal(planner().plan_copy(::getpid(), of)),
              "observe process " + kOwnPid + ": it is not a copy of process 1: it runs " + kExe);
    of.exe = kExe;
    of.probes.resize(1);
    of.probes[0].address = 0x10;
    EXPECT_EQ(refusal(planner().plan_copy(::getpid(), of)),
              "observe process " + kOwnPid + ": it is not a copy of process 1: other code is mapped");
    of.probes.clear();
    of.modules = ModuleCount{.interpreters = 0x10};
    EXPECT_EQ(refusal(planner().plan_copy(::getpid(), of)),
              "observe process " + kOwnPid +
                  ": it is not a copy of process 1: its interpreter is at another address");
}

}  // namespace
}  // namespace flowtap::target_planner_test

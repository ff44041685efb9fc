// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "plan/planned/site_details.h"
#include "plan/point_mechanism.h"
#include "plan/program.h"

namespace flowtap::mechanism_tables_test {
namespace {

TEST(MechanismTable, HasANameOfItsOwnForEachMechanism) {
    std::set<std::string> names;
    for (const MechanismInfo& info : mechanisms()) {
        EXPECT_EQ(&info_of(info.mechanism), &info);
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        EXPECT_FALSE(info.programs.empty()) << info.name;
    }
}

// Every execution that a mechanism counts begins and ends.
TEST(MechanismTable, HasABeginAndAnEndForEachMechanism) {
    for (const MechanismInfo& info : mechanisms()) {
        bool begins =
            info.mechanism == PointMechanism::kDoneMarker ||
            info.mechanism == PointMechanism::kBytecodeWatches;       // one program does, watches have none
        bool ends = info.mechanism == PointMechanism::kMarkingCalls;  // one program sees both
        for (const Program program : info.programs) {
            begins = begins || info_of(program).begins;
            ends = ends || !info_of(program).begins;
        }
        EXPECT_TRUE(begins && ends) << info.name;
    }
}

TEST(ProgramTable, HasANameOfItsOwnForEachProgram) {
    std::set<std::string> names;
    for (const ProgramInfo& info : programs()) {
        EXPECT_EQ(&info_of(info.program), &info);
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
    }
}

// Each program of a uprobe runs at one kind of site, or at two: markers, and entries that mean the same.
TEST(ProgramTable, HasAKindOfSiteForEachProgramOfAUprobe) {
    const SiteDetails all[] = {
        FunctionEntry{.means = FunctionEntry::Means::kCall},
        FunctionEntry{.means = FunctionEntry::Means::kKeyedCall},
        FunctionEntry{.means = FunctionEntry::Means::kBegin},
        FunctionEntry{.means = FunctionEntry::Means::kEnd},
        FunctionExit{.keyed = false},
        FunctionExit{.keyed = true},
        KernelReturn{},
        StaticMarker{.means = StaticMarker::Means::kBegin},
        StaticMarker{.means = StaticMarker::Means::kEnd},
        StaticMarker{.means = StaticMarker::Means::kDone},
        UnwindLanding{},
        CoroutineEntry{.means = CoroutineEntry::Means::kStep},
        CoroutineEntry{.means = CoroutineEntry::Means::kDrive},
        ReturnToC{.from = ReturnToC::From::kStep},
        ReturnToC{.from = ReturnToC::From::kCall},
        DriveExit{},
        CoroutineCreation{},
        CoroutineCompletion{},
        CoroutineDestruction{},
        CallEntry{},
        VariableChange{.means = VariableChange::Means::kSet},
        VariableChange{.means = VariableChange::Means::kReset},
        ContextChange{},
        ContextDestruction{},
        MarkingSite{},
        RaisedCall{},
        TracebackSite{},
        FrameKeep{},
    };
    std::map<Program, int> kinds;
    for (const SiteDetails& details : all) ++kinds[program_of(details)];
    for (const ProgramInfo& info : programs()) {
        const bool of_both = info.program == Program::kMarkerBegin || info.program == Program::kMarkerEnd;
        const bool of_watch = info.runs == ProgramInfo::Runs::kAtHardwareWatch;
        EXPECT_EQ(kinds[info.program], of_watch ? 0 : of_both ? 2 : 1) << info.name;
    }
}

}  // namespace
}  // namespace flowtap::mechanism_tables_test

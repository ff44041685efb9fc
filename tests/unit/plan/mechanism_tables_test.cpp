// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>

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

}  // namespace
}  // namespace flowtap::mechanism_tables_test

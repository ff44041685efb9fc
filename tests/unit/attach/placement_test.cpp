// SPDX-License-Identifier: Apache-2.0
#include "attach/placement.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tests/unit/process/fake_memory.h"

namespace flowtap {
namespace {

constexpr std::uint8_t kPush = 0x55;
constexpr std::uint8_t kBreakpoint = 0xcc;
constexpr std::uint64_t kCode = 0x401000;

// A file of one page of push instructions, and a process that maps it.
class PlacementTest : public testing::Test {
protected:
    PlacementTest() {
        std::ofstream(file_, std::ios::binary) << std::string(4096, static_cast<char>(kPush));
        plan_.pid = 4242;
        memory_.map(kCode, 4096);
        for (std::uint64_t offset : {0x10, 0x20}) {
            PlannedProbe probe;
            probe.name = "node:entry";
            probe.file = file_;
            probe.file_offset = offset;
            probe.address = kCode + offset;
            plan_.probes.push_back(probe);
            memory_.put(probe.address, kBreakpoint);
        }
    }
    ~PlacementTest() override { std::remove(file_.c_str()); }

    std::string file_ = testing::TempDir() + "/placement_test." + std::to_string(::getpid());
    Plan plan_;
    FakeMemory memory_;
};

TEST_F(PlacementTest, BreakpointsAreProbes) { EXPECT_TRUE(check_placed(plan_, memory_)); }

TEST_F(PlacementTest, ACallInPlaceOfANopIsAProbe) {
    memory_.put(kCode + 0x20, std::uint8_t{0xe8});
    EXPECT_TRUE(check_placed(plan_, memory_));
}

TEST_F(PlacementTest, TheFilesOwnInstructionIsNone) {
    memory_.put(kCode + 0x20, kPush);
    const Result<void> placed = check_placed(plan_, memory_);
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().kind, Error::Kind::kFailed);
    EXPECT_NE(placed.error().cause.find("another file"), std::string::npos);
    EXPECT_FALSE(placed.error().remedy.empty());
}

TEST_F(PlacementTest, MemoryThatIsGoneIsThatOfAProcessThatEnded) {
    plan_.probes.front().address = 0x10;
    const Result<void> placed = check_placed(plan_, memory_);
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().kind, Error::Kind::kNoTarget);
}

TEST_F(PlacementTest, WithoutProbesThereIsNothingToCheck) { EXPECT_TRUE(check_placed(Plan{}, memory_)); }

}  // namespace
}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "attach/placement.h"

#include <gtest/gtest.h>

#include "tests/unit/process/fake_memory.h"

namespace flowtap::placement_test {
namespace {

constexpr std::uint8_t kPush = 0x55;
constexpr std::uint8_t kBreakpoint = 0xcc;
constexpr std::uint64_t kCode = 0x401000;

// A process with a page of push instructions, with probes on two.
class PlacementTest : public testing::Test {
protected:
    PlacementTest() {
        plan_.pid = 4242;
        memory_.map(kCode, 4096);
        for (std::uint64_t offset : {0x10, 0x20}) {
            PlannedProbe probe;
            probe.name = "node:entry";
            probe.code.bytes[0] = std::byte{kPush};
            probe.code.size = 1;
            probe.file_offset = offset;
            probe.address = kCode + offset;
            plan_.probes.push_back(probe);
            memory_.put(probe.address, kBreakpoint);
        }
    }

    Plan plan_;
    FakeMemory memory_;
};

TEST_F(PlacementTest, BreakpointsAreProbes) { EXPECT_TRUE(check_placed(plan_, memory_)); }

TEST_F(PlacementTest, ACallInPlaceOfANopIsAProbe) {
    memory_.put(kCode + 0x20, std::uint8_t{0xe8});
    EXPECT_TRUE(check_placed(plan_, memory_));
}

TEST_F(PlacementTest, TheFilesOwnInstructionIsNoProbe) {
    memory_.put(kCode + 0x20, kPush);
    const Result<void> placed = check_placed(plan_, memory_);
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().kind, Error::Kind::kFailed);
    EXPECT_EQ(
        placed.error().message(),
        "attach uprobe node:entry in process 4242: its path leads to another file than the one it runs: the "
        "file was changed on an overlay file system after the process started (restart the process)");
}

TEST_F(PlacementTest, UnreadableMemoryMeansThatTheProcessEnded) {
    for (PlannedProbe& probe : plan_.probes) {
        const std::uint64_t address = std::exchange(probe.address, 0x10);
        const Result<void> placed = check_placed(plan_, memory_);
        ASSERT_FALSE(placed);
        EXPECT_EQ(placed.error().kind, Error::Kind::kNoTarget);
        EXPECT_EQ(
            placed.error().message(),
            "attach to process 4242: it ended, executed another program, or unloaded a library meanwhile");
        probe.address = address;
    }
}

TEST_F(PlacementTest, WithoutProbesThereIsNothingToCheck) { EXPECT_TRUE(check_placed(Plan{}, memory_)); }

}  // namespace
}  // namespace flowtap::placement_test

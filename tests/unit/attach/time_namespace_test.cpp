// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/time_namespace.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/process/fake_proc.h"

namespace flowtap::time_namespace_test {
namespace {

class TimeNamespaceTest : public testing::Test {
protected:
    void put(const std::string& offsets) const {
        const std::filesystem::path self = std::filesystem::path(proc_.root()) / "self";
        std::filesystem::create_directories(self);
        std::ofstream(self / "timens_offsets") << offsets;
    }
    [[nodiscard]] Result<void> check() const { return check_time_namespace(proc_.root()); }

    FakeProc proc_;
};

TEST_F(TimeNamespaceTest, AcceptsANamespaceWithoutOffset) {
    put("monotonic           0         0\nboottime            0         0\n");
    EXPECT_TRUE(check());
}

TEST_F(TimeNamespaceTest, AcceptsKernelsWithoutTimeNamespaces) { EXPECT_TRUE(check()); }

TEST_F(TimeNamespaceTest, RefusesAShiftedClockWithARemedy) {
    const std::pair<const char*, const char*> shifted[] = {
        {"monotonic      100000         0\nboottime            0         0\n", "monotonic"},
        {"monotonic           0         0\nboottime        -1000         0\n", "boottime"},
        {"monotonic           0       500\nboottime            0         0\n", "monotonic"},
    };
    for (const auto& [offsets, clock] : shifted) {
        put(offsets);
        const Result<void> checked = check();
        ASSERT_FALSE(checked) << offsets;
        EXPECT_EQ(checked.error().kind, Error::Kind::kEnvironment);
        EXPECT_EQ(
            checked.error().message(),
            "compare the kernel's times with this process's clocks: flowtap runs in a time namespace that "
            "shifts the " +
                std::string(clock) + " clock (start flowtap outside that namespace, without unshare --time)");
    }
}

}  // namespace
}  // namespace flowtap::time_namespace_test

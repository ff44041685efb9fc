// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/target.h"

namespace flowtap {
namespace {

TEST(LabelsOfAProcess, AreItsNumberAndItsExecutable) {
    const TargetLabels labels = labels_of(getpid());
    EXPECT_EQ(labels.pid, std::to_string(getpid()));
    EXPECT_EQ(labels.exe, std::filesystem::read_symlink("/proc/self/exe").string());
}

TEST(LabelsOfAProcess, NameTheNodeThatTheEnvironmentNames) {
    ASSERT_EQ(setenv("NODE_NAME", "worker-7", 1), 0);
    EXPECT_EQ(labels_of(getpid()).node, "worker-7");
    unsetenv("NODE_NAME");
}

TEST(LabelsOfAProcess, AreEmptyWhereThereIsNoSuchProcess) {
    constexpr pid_t kNobody = 0x7fffffff;
    const TargetLabels labels = labels_of(kNobody);
    EXPECT_EQ(labels.exe, "");
    EXPECT_EQ(labels.container, "");
    EXPECT_EQ(labels.pod, "");
}

}  // namespace
}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/pid_namespace.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/process/fake_proc.h"

namespace flowtap::pid_namespace_test {
namespace {

class PidNamespaceTest : public testing::Test {
protected:
    // A /proc in which this process has this number and namespace.
    void put(const std::string& number, const std::string& space) const {
        const std::filesystem::path root = proc_.root();
        std::filesystem::create_directories(root / number / "ns");
        std::filesystem::create_symlink(space, root / number / "ns/pid");
        std::filesystem::create_symlink(number, root / "self");
    }
    [[nodiscard]] Result<void> check() const { return check_pid_namespace(proc_.root()); }

    FakeProc proc_;
};

TEST_F(PidNamespaceTest, AcceptsTheInitialNamespace) {
    put(std::to_string(::getpid()), "pid:[4026531836]");
    EXPECT_TRUE(check());
}

TEST_F(PidNamespaceTest, RefusesOtherNamespacesWithARemedy) {
    put(std::to_string(::getpid()), "pid:[4026532281]");
    const Result<void> checked = check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, Error::Kind::kEnvironment);
    EXPECT_EQ(
        checked.error().remedy,
        "start flowtap in the host's PID namespace: hostPID: true in Kubernetes, --pid=host with Docker "
        "and Podman");
}

TEST_F(PidNamespaceTest, RefusesTheProcOfAnotherNamespace) {
    put(std::to_string(::getpid() + 1), "pid:[4026531836]");
    const Result<void> checked = check();
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().cause.find("another PID namespace"), std::string::npos);
}

TEST_F(PidNamespaceTest, IsUnknownWithoutProc) {
    const Result<void> checked = check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().cause, "there is no " + proc_.root() + " of this process's PID namespace");
}

}  // namespace
}  // namespace flowtap::pid_namespace_test

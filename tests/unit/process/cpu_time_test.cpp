// SPDX-License-Identifier: Apache-2.0
#include "process/cpu_time.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace flowtap::cpu_time_test {
namespace {

TEST(CpuTime, GrowsWhileTheProcessRuns) {
    const auto before = cpu_time_of(::getpid());
    ASSERT_TRUE(before);
    volatile int work = 0;
    while (cpu_time_of(::getpid()) == before) work = work + 1;
    EXPECT_GT(*cpu_time_of(::getpid()), *before);
}

TEST(CpuTime, StaysWhileItWaits) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::raise(SIGSTOP);
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
    const auto before = cpu_time_of(child);
    EXPECT_TRUE(before);
    ::usleep(20'000);
    EXPECT_EQ(cpu_time_of(child), before);
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    EXPECT_EQ(cpu_time_of(child), std::nullopt);
}

TEST(CpuTime, OfNoProcessIsNone) {
    constexpr pid_t kPidMaxLimit = 1 << 22;  // include/linux/threads.h: above every process
    EXPECT_EQ(cpu_time_of(kPidMaxLimit), std::nullopt);
}

}  // namespace
}  // namespace flowtap::cpu_time_test

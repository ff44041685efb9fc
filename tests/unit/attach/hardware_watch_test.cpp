// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/hardware_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/process/no_descriptors.h"

namespace flowtap::hardware_watch_test {
namespace {

constexpr int kNoProgram = -1;
const std::uint64_t watched = 0;

std::uint64_t address() { return reinterpret_cast<std::uint64_t>(&watched); }

pid_t process_that_has_ended() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

TEST(HardwareWatch, InAProcessThatIsGoneIsNone) {
    const auto events = watch_memory(process_that_has_ended(), address(), WatchFor::kAccesses, kNoProgram);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().kind, Error::Kind::kNoTarget);
}

TEST(HardwareWatch, WhoseThreadsCannotBeReadIsNotOfAProcessThatIsGone) {
    const test::NoDescriptors none;
    const auto events = watch_memory(::getpid(), address(), WatchFor::kAccesses, kNoProgram);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().kind, Error::Kind::kFailed);
    EXPECT_EQ(events.error().cause, std::strerror(EMFILE));
}

TEST(HardwareWatch, WithoutAProgramIsAnErrorThatNamesTheProcess) {
    if (!lack_of_watches().empty()) GTEST_SKIP() << "missing: hardware watches: " << lack_of_watches();
    const auto events = watch_memory(::getpid(), address(), WatchFor::kWrites, kNoProgram);
    ASSERT_FALSE(events);
    EXPECT_THAT(events.error().message(), testing::HasSubstr(std::to_string(::getpid())));
}

TEST(HardwareWatch, AtAnAddressThatIsNotAlignedIsAnError) {
    if (!lack_of_watches().empty()) GTEST_SKIP() << "missing: hardware watches: " << lack_of_watches();
    EXPECT_FALSE(watch_memory(::getpid(), address() + 1, WatchFor::kWrites, kNoProgram));
}

}  // namespace
}  // namespace flowtap::hardware_watch_test

// SPDX-License-Identifier: Apache-2.0
#include "daemon/event_loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <vector>

namespace flowtap::event_loop_test {
namespace {

using namespace std::chrono_literals;

class EventLoops : public testing::Test {
protected:
    EventLoops() : loop_(*EventLoop::make()), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    // The last timer bounds a loop that nothing stops.
    void run() {
        ASSERT_TRUE(loop_.every(30s, [this] {
            ADD_FAILURE() << "the loop was not stopped";
            loop_.stop();
        }));
        const Result<void> done = loop_.run();
        EXPECT_TRUE(done) << done.error().message();
    }

    EventLoop loop_;
    Fd event_;
};

TEST_F(EventLoops, CallForAReadableDescriptorUntilItIsRead) {
    int calls = 0;
    ASSERT_TRUE(loop_.on_readable(event_.get(), [&] {
        if (++calls < 3) return;
        eventfd_t ignored = 0;
        eventfd_read(event_.get(), &ignored);
        EXPECT_TRUE(loop_.every(20ms, [&] { loop_.stop(); }));
    }));
    ASSERT_EQ(eventfd_write(event_.get(), 1), 0);
    run();
    EXPECT_EQ(calls, 3);
}

TEST_F(EventLoops, CallTimersAgainAndAgain) {
    int calls = 0;
    ASSERT_TRUE(loop_.every(1ms, [&] {
        if (++calls == 5) loop_.stop();
    }));
    run();
    EXPECT_EQ(calls, 5);
}

TEST_F(EventLoops, DeliverSignalsInsteadOfLettingThemActOnTheProcess) {
    sigset_t before;
    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
    std::vector<int> delivered;
    ASSERT_TRUE(loop_.on_signals({SIGUSR1, SIGHUP}, [&](int signal) {
        delivered.push_back(signal);
        if (delivered.size() == 2) loop_.stop();
    }));
    ASSERT_EQ(kill(getpid(), SIGHUP), 0);
    ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
    run();
    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
    std::ranges::sort(delivered);
    EXPECT_EQ(delivered, (std::vector<int>{SIGHUP, SIGUSR1}));
}

TEST_F(EventLoops, CallNothingMoreOnceStopped) {
    int calls = 0;
    Fd other(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    const auto stop = [&] {
        calls++;
        loop_.stop();
    };
    ASSERT_EQ(eventfd_write(event_.get(), 1), 0);
    ASSERT_TRUE(loop_.on_readable(event_.get(), stop));
    ASSERT_TRUE(loop_.on_readable(other.get(), stop));
    run();
    EXPECT_EQ(calls, 1);
}

TEST_F(EventLoops, ReturnAtOnceWhereTheyWereStoppedBefore) {
    loop_.stop();
    ASSERT_EQ(eventfd_write(event_.get(), 1), 0);
    ASSERT_TRUE(loop_.on_readable(event_.get(), [] { FAIL() << "called after stop()"; }));
    run();
}

TEST_F(EventLoops, RefuseADescriptorThatCannotBeWatched) {
    EXPECT_FALSE(loop_.on_readable(-1, [] {}));
    ASSERT_TRUE(loop_.on_readable(event_.get(), [] {}));
    EXPECT_FALSE(loop_.on_readable(event_.get(), [] {})) << "watched already";
}

}  // namespace
}  // namespace flowtap::event_loop_test

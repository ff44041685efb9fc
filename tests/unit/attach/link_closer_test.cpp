// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/link_closer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace flowtap::link_closer_test {
namespace {

// Links that tell when they are closed: the writing ends of a pipe, which then reads as ended.
class ClosedLinks : public testing::Test {
protected:
    void SetUp() override {
        std::array<int, 2> ends = {};
        ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        reading_ = Fd(ends[0]);
        writing_ = Fd(ends[1]);
    }

    std::vector<Link> links(int count) const {
        std::vector<Link> made;
        for (int i = 0; i < count; i++) made.emplace_back(Fd(::dup(writing_.get())));
        return made;
    }
    bool all_closed() {
        writing_ = Fd();
        char nothing = 0;
        return ::read(reading_.get(), &nothing, 1) == 0;
    }

    Fd reading_;
    Fd writing_;
};

TEST_F(ClosedLinks, AreAllClosedWhenTheCloserIsDestroyed) {
    {
        LinkCloser closer;
        for (pid_t pid = 1; pid < 100; pid++) closer.close(pid, links(5));
    }
    EXPECT_TRUE(all_closed());
}

TEST_F(ClosedLinks, OfOneProcessCanBeWaitedFor) {
    LinkCloser closer;
    closer.close(7, links(40));
    closer.close(7, links(40));
    closer.wait_for(7);
    EXPECT_TRUE(all_closed());
}

TEST_F(ClosedLinks, OfAProcessThatHasNoneNeedNoWaiting) {
    LinkCloser closer;
    closer.close(7, {});
    closer.wait_for(7);
    closer.wait_for(8);
    EXPECT_TRUE(all_closed());
}

// Starts `allowed` threads and refuses the next, as a limit on them does.
StartThread limited(int allowed) {
    return [allowed](const std::string& purpose, ThreadWork work) mutable -> Result<std::jthread> {
        if (allowed-- > 0) return start_thread(purpose, std::move(work));
        return Error{"start", purpose, "no more"};
    };
}

TEST_F(ClosedLinks, AreClosedAtOnceWhereNoThreadCanBeStarted) {
    LinkCloser closer(limited(0));
    closer.close(7, links(5));
    EXPECT_FALSE(closer.closing(7));
    EXPECT_TRUE(all_closed());
}

TEST_F(ClosedLinks, AreClosedByTheThreadsThatCouldBeStarted) {
    LinkCloser closer(limited(1));
    closer.close(7, links(40));
    closer.close(8, links(40));
    closer.wait_for(7);
    closer.wait_for(8);
    EXPECT_TRUE(all_closed());
}

}  // namespace
}  // namespace flowtap::link_closer_test

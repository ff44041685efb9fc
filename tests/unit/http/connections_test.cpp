// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <deque>

#include "base/fd.h"

namespace flowtap::connections_test {
namespace {

using namespace std::chrono_literals;

// Connections over real socket pairs: the peer sees the end.
class ConnectionsTest : public testing::Test {
protected:
    struct Opened {
        Fd near;
        Fd far;
        Connection* connection = nullptr;
    };

    Opened& open(Connections::Time now) {
        std::array<int, 2> pair{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()), 0);
        Opened& opened = opened_.emplace_back();
        opened.near = Fd(pair[0]);
        opened.far = Fd(pair[1]);
        opened.connection = &connections_.open(pair[0], now);
        return opened;
    }

    static bool ended(const Opened& opened) {
        char byte = 0;
        return ::recv(opened.far.get(), &byte, 1, 0) == 0;
    }

    static HttpLimits limits() {
        HttpLimits limits;
        limits.connections = 3;
        limits.head_time = 10ms;
        limits.idle_time = 100ms;
        limits.answer_time = 50ms;
        limits.answer_bytes = 1000;
        return limits;
    }

    const Connections::Time start_ = Connection::Clock::now();
    Connections connections_{limits()};
    std::deque<Opened> opened_;
};

TEST_F(ConnectionsTest, EachPhaseHasItsTime) {
    Opened& head = open(start_);
    Opened& idle = open(start_);
    Opened& answer = open(start_);
    connections_.enter(*idle.connection, Phase::kIdle, start_);
    connections_.begin_answer(*answer.connection, 1, start_);
    connections_.end_overdue(start_ + 10ms);
    EXPECT_FALSE(ended(head)) << "exactly its time is not too long";
    connections_.end_overdue(start_ + 11ms);
    EXPECT_TRUE(ended(head));
    EXPECT_FALSE(ended(answer));
    connections_.end_overdue(start_ + 51ms);
    EXPECT_TRUE(ended(answer));
    EXPECT_FALSE(ended(idle));
    connections_.end_overdue(start_ + 101ms);
    EXPECT_TRUE(ended(idle));
}

TEST_F(ConnectionsTest, AConnectionThatIsWorkedForIsNeverEnded) {
    Opened& work = open(start_);
    connections_.enter(*work.connection, Phase::kWork, start_);
    connections_.end_overdue(start_ + 1h);
    for (int more = 0; more < 10; ++more) open(start_ + 1h);
    EXPECT_FALSE(ended(work));
}

TEST_F(ConnectionsTest, OneTooManyEndsTheLongestIdle) {
    Opened& answering = open(start_);
    Opened& head = open(start_ + 1ms);
    Opened& idle = open(start_ + 2ms);
    connections_.begin_answer(*answering.connection, 1, start_);
    connections_.enter(*idle.connection, Phase::kIdle, start_ + 3ms);
    open(start_ + 4ms);
    EXPECT_TRUE(ended(idle));
    open(start_ + 5ms);
    EXPECT_TRUE(ended(head)) << "the one that waits longest for its head";
    EXPECT_FALSE(ended(answering));
    open(start_ + 6ms);
    EXPECT_FALSE(ended(answering)) << "heads first";
}

TEST_F(ConnectionsTest, AClosedConnectionMakesRoom) {
    Opened& first = open(start_);
    open(start_);
    Opened& third = open(start_);
    connections_.close(*third.connection);
    open(start_);
    EXPECT_FALSE(ended(first));
    EXPECT_EQ(connections_.size(), 3U);
}

TEST_F(ConnectionsTest, AnEndedConnectionIsNotCountedWhileItIsStillOpen) {
    Opened& first = open(start_);
    open(start_ + 1ms);
    Opened& third = open(start_ + 2ms);
    open(start_ + 3ms);
    EXPECT_TRUE(ended(first));
    EXPECT_EQ(connections_.size(), 4U);
    connections_.close(*first.connection);
    connections_.close(*third.connection);
    open(start_ + 4ms);
    for (const Opened& opened : opened_) {
        if (&opened == &first || &opened == &third) continue;
        EXPECT_FALSE(ended(opened));
    }
}

TEST_F(ConnectionsTest, AnswersThatHoldTooMuchMemoryEndTheOldest) {
    Opened& first = open(start_);
    Opened& second = open(start_);
    Opened& third = open(start_);
    connections_.begin_answer(*first.connection, 600, start_);
    connections_.begin_answer(*second.connection, 300, start_ + 1ms);
    EXPECT_FALSE(ended(first));
    connections_.begin_answer(*third.connection, 300, start_ + 2ms);
    EXPECT_TRUE(ended(first));
    EXPECT_FALSE(ended(second));
    EXPECT_FALSE(ended(third));
    // What was taken holds nothing any more.
    connections_.enter(*third.connection, Phase::kIdle, start_ + 3ms);
    connections_.begin_answer(*third.connection, 700, start_ + 4ms);
    EXPECT_FALSE(ended(second));
}

TEST_F(ConnectionsTest, ASingleAnswerMayExceedTheMemoryLimit) {
    Opened& only = open(start_);
    connections_.begin_answer(*only.connection, 5000, start_);
    EXPECT_FALSE(ended(only));
}

}  // namespace
}  // namespace flowtap::connections_test

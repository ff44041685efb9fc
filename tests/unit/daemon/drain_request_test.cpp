// SPDX-License-Identifier: Apache-2.0
#include "daemon/drain_request.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace flowtap::drain_request_test {
namespace {

using namespace std::chrono_literals;

// Long enough to be reached only where the answer never comes.
constexpr auto kForever = 30s;

class DrainRequests : public testing::Test {
protected:
    DrainRequests() : request_(*DrainRequest::make()) {}

    bool somebody_asked(std::chrono::milliseconds patience) {
        pollfd watched = {request_->fd(), POLLIN, 0};
        return poll(&watched, 1, static_cast<int>(patience.count())) == 1;
    }
    std::future<bool> ask() {
        return std::async(std::launch::async, [this] { return request_->request_and_wait(kForever); });
    }

    std::unique_ptr<DrainRequest> request_;
};

TEST_F(DrainRequests, WakeTheLoopAndReturnWhenItHasDrained) {
    EXPECT_FALSE(somebody_asked(0ms));
    std::future<bool> answer = ask();
    ASSERT_TRUE(somebody_asked(kForever));
    request_->served(request_->accept());
    EXPECT_TRUE(answer.get());
    EXPECT_FALSE(somebody_asked(0ms)) << "accept() takes the wake-up with it";
}

TEST_F(DrainRequests, AreFalseWhereTheLoopDoesNotAnswer) {
    EXPECT_FALSE(request_->request_and_wait(1ms));
    EXPECT_FALSE(request_->request_and_wait(0ms));
    EXPECT_TRUE(somebody_asked(0ms)) << "the loop still hears of it";
}

TEST_F(DrainRequests, AreFalseAtOnceWhenTheLoopHasEnded) {
    std::future<bool> waiting = ask();
    ASSERT_TRUE(somebody_asked(kForever));
    request_->close();
    EXPECT_FALSE(waiting.get());
    EXPECT_FALSE(request_->request_and_wait(kForever));
}

TEST_F(DrainRequests, AreNotAnsweredByADrainThatBeganBeforeThem) {
    EXPECT_FALSE(request_->request_and_wait(0ms));
    const std::uint64_t earlier = request_->accept();
    std::future<bool> later = ask();
    ASSERT_TRUE(somebody_asked(kForever));
    request_->served(earlier);
    EXPECT_EQ(later.wait_for(20ms), std::future_status::timeout);
    request_->served(request_->accept());
    EXPECT_TRUE(later.get());
}

TEST_F(DrainRequests, OfManyThreadsAreAllAnswered) {
    constexpr int kThreads = 8;
    constexpr int kAsksEach = 50;
    std::atomic<int> asking = kThreads;
    std::atomic<int> answered = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; i++)
        threads.emplace_back([&] {
            for (int ask = 0; ask < kAsksEach; ask++)
                answered += request_->request_and_wait(kForever) ? 1 : 0;
            asking--;
        });
    while (asking > 0)
        if (somebody_asked(1ms)) request_->served(request_->accept());
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(answered, kThreads * kAsksEach);
}

}  // namespace
}  // namespace flowtap::drain_request_test

// SPDX-License-Identifier: Apache-2.0
#include "daemon/loop_call.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <future>

namespace flowtap::loop_call_test {
namespace {

using namespace std::chrono_literals;

// Long enough to be reached only where the answer never comes.
constexpr auto kUntilAsked = 30s;

class LoopCalls : public testing::Test {
protected:
    LoopCalls() : call_(*LoopCall::make([this] { return called(); })) {}

    Result<void> called() {
        ++calls_;
        return outcome_;
    }
    bool somebody_asked(std::chrono::milliseconds patience) {
        pollfd watched = {call_->fd(), POLLIN, 0};
        return poll(&watched, 1, static_cast<int>(patience.count())) == 1;
    }
    std::future<Result<void>> ask() {
        return std::async(std::launch::async, [this] { return call_->request_and_wait(kUntilAsked); });
    }

    int calls_ = 0;
    Result<void> outcome_;
    std::unique_ptr<LoopCall> call_;
};

TEST_F(LoopCalls, AreMadeByTheLoopAndAnsweredWithWhatTheFunctionReturned) {
    EXPECT_FALSE(somebody_asked(0ms));
    std::future<Result<void>> answer = ask();
    ASSERT_TRUE(somebody_asked(kUntilAsked));
    call_->serve();
    EXPECT_TRUE(answer.get());
    EXPECT_EQ(calls_, 1);

    outcome_ = Error{"load", "file", "wrong"};
    answer = ask();
    ASSERT_TRUE(somebody_asked(kUntilAsked));
    call_->serve();
    const Result<void> done = answer.get();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().cause, "wrong");
    EXPECT_FALSE(somebody_asked(0ms));
}

TEST_F(LoopCalls, FailIfTheLoopDoesNotAnswer) {
    const Result<void> done = call_->request_and_wait(1ms);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Error::Kind::kFailed);
    EXPECT_EQ(done.error().message(), "wait for event loop: no answer within 1 ms (see /health)");
    EXPECT_EQ(calls_, 0);
    EXPECT_TRUE(somebody_asked(0ms)) << "it will be made all the same";
}

TEST_F(LoopCalls, EndWhenTheLoopDoes) {
    std::future<Result<void>> answer = ask();
    ASSERT_TRUE(somebody_asked(kUntilAsked));
    call_->close();
    EXPECT_FALSE(answer.get());
    const Result<void> later = call_->request_and_wait(kUntilAsked);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().cause, "flowtap is shutting down");
    EXPECT_EQ(calls_, 0);
}

TEST_F(LoopCalls, OfSeveralThreadsMayShareOne) {
    EXPECT_FALSE(call_->request_and_wait(0ms));
    EXPECT_FALSE(call_->request_and_wait(0ms));
    call_->serve();
    EXPECT_EQ(calls_, 1);
    EXPECT_FALSE(somebody_asked(0ms));
}

}  // namespace
}  // namespace flowtap::loop_call_test

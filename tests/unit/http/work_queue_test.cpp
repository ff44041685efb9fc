// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace flowtap::work_queue_test {
namespace {

TEST(WorkQueue, RunsJobsInTheirOrder) {
    std::vector<int> ran;
    {
        const auto made = WorkQueue::make(1, 10);
        ASSERT_TRUE(made) << made.error().message();
        WorkQueue& queue = **made;
        for (int job = 0; job < 10; ++job) {
            ASSERT_TRUE(queue.submit([&ran, job] { ran.push_back(job); }));
        }
    }
    EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(WorkQueue, RefusesOneMoreThanMayWait) {
    std::promise<void> begun;
    std::promise<void> go_on;
    std::atomic<int> ran = 0;
    {
        const auto made = WorkQueue::make(1, 2);
        ASSERT_TRUE(made) << made.error().message();
        WorkQueue& queue = **made;
        ASSERT_TRUE(queue.submit([&] {
            begun.set_value();
            go_on.get_future().wait();
        }));
        begun.get_future().wait();
        EXPECT_TRUE(queue.submit([&ran] { ++ran; }));
        EXPECT_TRUE(queue.submit([&ran] { ++ran; }));
        EXPECT_FALSE(queue.submit([&ran] { ++ran; }));
        go_on.set_value();
    }
    EXPECT_EQ(ran, 2);
}

TEST(WorkQueue, ASlowJobDoesNotHoldUpAnotherThread) {
    std::promise<void> second_ran;
    const auto made = WorkQueue::make(2, 2);
    ASSERT_TRUE(made) << made.error().message();
    WorkQueue& queue = **made;
    ASSERT_TRUE(queue.submit([&] { second_ran.get_future().wait(); }));
    ASSERT_TRUE(queue.submit([&] { second_ran.set_value(); }));
}

// Starts `allowed` threads and refuses the next.
StartThread limited(int allowed) {
    return [allowed](const std::string& purpose, ThreadWork work) mutable -> Result<std::jthread> {
        if (allowed-- > 0) return start_thread(purpose, std::move(work));
        return Error{"start", purpose, "no more"};
    };
}

TEST(WorkQueue, IsRefusedWithTheCauseWhereNotAllThreadsCanBeStarted) {
    for (int allowed = 0; allowed < 4; ++allowed) {
        const auto made = WorkQueue::make(4, 2, limited(allowed));
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().cause, "no more");
    }
}

}  // namespace
}  // namespace flowtap::work_queue_test

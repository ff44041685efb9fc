// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace flowtap {
namespace {

TEST(WorkQueue, RunsJobsInTheirOrder) {
    std::vector<int> ran;
    {
        WorkQueue queue(1, 10);
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
        WorkQueue queue(1, 2);
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
    WorkQueue queue(2, 2);
    ASSERT_TRUE(queue.submit([&] { second_ran.get_future().wait(); }));
    ASSERT_TRUE(queue.submit([&] { second_ran.set_value(); }));
}

}  // namespace
}  // namespace flowtap

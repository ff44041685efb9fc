// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/backoff.h"

#include <gtest/gtest.h>

namespace flowtap::backoff_test {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToItsBoundAndBeginsAnew) {
    Backoff backoff(500ms, 3s);
    EXPECT_EQ(backoff.next(0.5), 500ms);
    EXPECT_EQ(backoff.next(0.5), 1s);
    EXPECT_EQ(backoff.next(0.5), 2s);
    EXPECT_EQ(backoff.next(0.5), 3s);
    EXPECT_EQ(backoff.next(0.5), 3s);
    backoff.reset();
    EXPECT_EQ(backoff.next(0.5), 500ms);
}

TEST(Backoff, DiffersAtRandom) {
    EXPECT_EQ(Backoff(1s, 30s).next(0), 500ms);
    EXPECT_EQ(Backoff(1s, 30s).next(1), 1500ms);
}

}  // namespace
}  // namespace flowtap::backoff_test

// SPDX-License-Identifier: Apache-2.0
#include "targets/sign_watch.h"

#include <gtest/gtest.h>

#include "tests/unit/process/fake_memory.h"

namespace flowtap::sign_watch_test {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kStart = 1'000'000 * kMillisecond;
constexpr std::uint64_t kWord = 0x1000;

class Signs : public testing::Test {
protected:
    Signs() {
        memory_.map(kWord, 8);
        signs_.add(kWord, 0);
    }
    // One more thing has appeared; nothing new is planned before the next is due.
    void appear() { memory_.put(kWord, ++appeared_); }
    // As a new plan does.
    void plan() {
        signs_ = UnchangedWords();
        signs_.add(kWord, appeared_);
    }
    bool due(std::uint64_t ms) { return watch_.due(signs_, memory_, processes_, kStart + ms * kMillisecond); }
    // How often it is due in that many milliseconds, of which each 50th brings something new.
    int times_due(std::uint64_t from, std::uint64_t to) {
        int times = 0;
        for (std::uint64_t at = from; at < to; at += 50) {
            appear();
            if (!due(at)) continue;
            times++;
            plan();
        }
        return times;
    }

    FakeMemory memory_;
    UnchangedWords signs_;
    SignWatch watch_;
    std::uint64_t appeared_ = 0;
    std::size_t processes_ = 1;
};

TEST_F(Signs, AreNotDueWhileNothingAppears) {
    for (std::uint64_t at = 0; at < 20'000; at += 50) EXPECT_FALSE(due(at)) << at;
}

TEST_F(Signs, AreDueAtOnceWhenSomethingAppears) {
    EXPECT_FALSE(due(0));
    appear();
    EXPECT_TRUE(due(50));
    plan();
    EXPECT_FALSE(due(150));
    EXPECT_FALSE(due(10'000));
    appear();
    EXPECT_TRUE(due(10'050));
}

TEST_F(Signs, AreDueAgainUntilTheyAreKnown) {
    appear();
    EXPECT_TRUE(due(0));
    EXPECT_TRUE(due(50)) << "the plan that followed does not know of it";
}

TEST_F(Signs, ThatKeepComingAreDueEverMoreSeldom) {
    EXPECT_LE(times_due(0, 60'000), 16);
    EXPECT_LE(times_due(60'000, 120'000), 5);
    appear();
    EXPECT_TRUE(due(1'000'000)) << "and at once after a rest";
    plan();
    appear();
    EXPECT_TRUE(due(1'000'100));
}

TEST_F(Signs, AreReadTheMoreSeldomTheMoreThereAreToRead) {
    for (std::uint64_t other = 1; other < 40; ++other) {
        memory_.map(0x2000 + 8 * other, 8);
        signs_.add(0x2000 + 8 * other, 0);
    }
    processes_ = 100;
    EXPECT_FALSE(due(0));
    appear();
    EXPECT_FALSE(due(550));
    EXPECT_TRUE(due(600)) << "40 words of 100 processes, 0.15 ms for each";
}

TEST_F(Signs, ThatCannotBeReadHaveChanged) {
    signs_.add(0xdead0000, 0);
    EXPECT_TRUE(due(0));
}

}  // namespace
}  // namespace flowtap::sign_watch_test

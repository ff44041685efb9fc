// SPDX-License-Identifier: Apache-2.0
#include "targets/import_watch.h"

#include <gtest/gtest.h>

#include <array>

namespace flowtap::import_watch_test {
namespace {

constexpr std::uint64_t kMillisecondNs = 1'000'000;

// This process's own memory.
class OwnMemory final : public Memory {
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        std::memcpy(out.data(), reinterpret_cast<const void*>(address), out.size());
        return true;
    }
};

class Imports : public testing::Test {
protected:
    // The milliseconds from `from` to `to`, in steps of 50, at which it is due.
    std::vector<std::uint64_t> due_between(std::uint64_t from, std::uint64_t to,
                                           std::uint64_t new_per_step = 0) {
        std::vector<std::uint64_t> due;
        for (std::uint64_t at = from; at < to; at += 50) {
            dict_[1] += new_per_step;
            if (watch_.due(modules_, memory_, processes_, at * kMillisecondNs)) due.push_back(at);
        }
        return due;
    }
    void import(std::uint64_t count = 1) { dict_[1] += count; }

    using Times = std::vector<std::uint64_t>;

    std::size_t processes_ = 1;
    std::array<std::uint64_t, 2> dict_ = {0, 100};
    // One interpreter: the next one, its modules. The list: the first, the main one, the next number.
    std::array<std::uint64_t, 2> interpreter_ = {0, reinterpret_cast<std::uint64_t>(dict_.data())};
    std::array<std::uint64_t, 3> list_ = {reinterpret_cast<std::uint64_t>(interpreter_.data()),
                                          reinterpret_cast<std::uint64_t>(interpreter_.data()), 1};
    ModuleCount modules_{reinterpret_cast<std::uint64_t>(list_.data()), 0, 8, 8};
    OwnMemory memory_;
    ImportWatch watch_;
};

TEST_F(Imports, AreLookedAtOnceMoreAtTheBeginning) { EXPECT_EQ(due_between(1000, 9000), Times({1100})); }

TEST_F(Imports, AreDueOnceWhenTheyAreOver) {
    due_between(1000, 2000);
    import();
    EXPECT_EQ(due_between(2000, 9000), Times({2100}));
}

TEST_F(Imports, OfAProcessThatRestedLongAreDueAsSoonAsTheyAreOver) {
    due_between(1000, 12000);
    import(7);
    EXPECT_EQ(due_between(12000, 15000), Times({12100}));
}

TEST_F(Imports, OfAProcessThatRestedLongAmongManyAreSeenWithinASecond) {
    processes_ = 100'000;
    due_between(1000, 12050);
    import(7);
    EXPECT_EQ(due_between(12050, 15000), Times({13100}));
}

TEST_F(Imports, ThatGoOnAreDueOnceASecond) {
    due_between(1000, 2000);
    const Times due = due_between(2000, 6000, 1);
    EXPECT_GE(due.size(), 3U);
    EXPECT_LE(due.size(), 4U);
}

TEST_F(Imports, AreNotNeededToBeDueAtLongIntervals) {
    const Times due = due_between(1000, 50000);
    EXPECT_EQ(due, Times({1100, 16100, 31100, 46100}));
}

TEST_F(Imports, TellAChangeFromARoutineLook) {
    ASSERT_EQ(due_between(0, 3000).size(), 1U) << "what was looked at before may be older";
    EXPECT_FALSE(watch_.was_routine());
    ASSERT_EQ(due_between(3000, 20'000).size(), 1U);
    EXPECT_TRUE(watch_.was_routine());
    import();
    ASSERT_EQ(due_between(20'000, 25'000).size(), 1U);
    EXPECT_FALSE(watch_.was_routine());
}

}  // namespace
}  // namespace flowtap::import_watch_test

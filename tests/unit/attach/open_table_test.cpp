// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/open_table.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "base/fd.h"

namespace flowtap::open_table_test {
namespace {

constexpr ft_open_key kKey = {0x7ffc0000, 4242, 0};

ft_open begun_at(std::uint64_t ns) {
    ft_open value = {};
    value.begin_ns = ns;
    return value;
}

// One key, whose entry a probe may replace before any step.
class FakeTable final : public OpenTable {
public:
    std::optional<ft_open> entry;
    std::function<void()> before_take = [] {};
    std::function<void()> before_put_back = [] {};

    bool missed = false;
    bool took_another = false;

    void announce(const ft_open_key&) override {}
    bool may_be_missed() override { return missed; }
    bool may_have_removed_another() override { return took_another; }
    std::optional<ft_open> look_up(const ft_open_key&) override { return entry; }
    std::optional<ft_open> take(const ft_open_key&) override {
        before_take();
        return std::exchange(entry, std::nullopt);
    }
    bool put_back(const ft_open_key&, const ft_open& value) override {
        before_put_back();
        if (entry) return false;
        entry = value;
        return true;
    }
};

class EraseOpenEntry : public testing::Test {
protected:
    std::optional<ft_open> erase() {
        const ErasedOpen erased = erase_open_entry(table_, kKey, 100);
        in_doubt_ = erased.in_doubt;
        return erased.gone;
    }
    [[nodiscard]] std::uint64_t begin() const { return table_.entry ? table_.entry->begin_ns : 0; }

    FakeTable table_;
    bool in_doubt_ = false;
};

TEST_F(EraseOpenEntry, RemovesTheExecutionThatIsMeant) {
    table_.entry = begun_at(100);
    ASSERT_TRUE(erase());
    EXPECT_FALSE(table_.entry);
    EXPECT_FALSE(erase()) << "it is gone";
}

TEST_F(EraseOpenEntry, LeavesOneThatBeganSince) {
    table_.entry = begun_at(101);
    EXPECT_FALSE(erase());
    EXPECT_EQ(begin(), 101u);
}

TEST_F(EraseOpenEntry, LeavesOneThatBeginsJustThen) {
    table_.entry = begun_at(100);
    table_.before_take = [&] { table_.entry = begun_at(101); };
    EXPECT_FALSE(erase());
    EXPECT_EQ(begin(), 101u);
}

TEST_F(EraseOpenEntry, LeavesTheNewestOfSeveral) {
    table_.entry = begun_at(100);
    table_.before_take = [&] { table_.entry = begun_at(101); };
    table_.before_put_back = [&] { table_.entry = begun_at(102); };
    ASSERT_TRUE(erase()) << "the one in the middle is no longer there";
    EXPECT_EQ(begin(), 102u);
}

TEST_F(EraseOpenEntry, SaysThatAnEndMayHaveMissedTheOnePutBack) {
    table_.entry = begun_at(100);
    table_.before_take = [&] { table_.entry = begun_at(101); };
    EXPECT_FALSE(erase());
    EXPECT_FALSE(in_doubt_);
    table_.entry = begun_at(100);
    table_.before_put_back = [&] { table_.missed = true; };
    EXPECT_FALSE(erase());
    EXPECT_TRUE(in_doubt_);
}

TEST_F(EraseOpenEntry, SaysThatAnotherMayHaveBeenTaken) {
    table_.entry = begun_at(100);
    table_.took_another = true;
    EXPECT_TRUE(erase());
    EXPECT_TRUE(in_doubt_);
}

class ErasingAnnounced : public testing::Test {
protected:
    std::uint64_t key_ = 0;
    std::uint32_t tgid_ = 0;
    std::uint32_t missed_ = 0;
    std::uint32_t begun_ = 7;
    std::uint32_t done_ = 7;
    // No table: each of its operations fails, as where the kernel cannot take in one step.
    KernelOpenTable table_{-1, {&key_, &tgid_, &missed_, &begun_, &done_}};
};

TEST_F(ErasingAnnounced, PublishesTheKeyAndLearnsWhetherAnEndMissedIt) {
    missed_ = 3;
    table_.announce(kKey);
    EXPECT_EQ(key_, kKey.key);
    EXPECT_EQ(tgid_, kKey.tgid);
    EXPECT_FALSE(table_.may_be_missed());
    missed_ = 1;
    EXPECT_TRUE(table_.may_be_missed());
}

TEST_F(ErasingAnnounced, ReportsAnExchangeThatMayHaveHappenedBetweenTwoSteps) {
    table_.announce(kKey);
    EXPECT_FALSE(table_.take(kKey));
    EXPECT_FALSE(table_.may_have_removed_another());
    begun_ = 8;
    EXPECT_TRUE(table_.may_have_removed_another());
    table_.announce(kKey);
    EXPECT_FALSE(table_.take(kKey));
    EXPECT_TRUE(table_.may_have_removed_another()) << "one was under way";
}

TEST(KernelOpenTable, BehavesLikeTheFakeTable) {
    const Fd map(
        bpf_map_create(BPF_MAP_TYPE_HASH, "open_test", sizeof(ft_open_key), sizeof(ft_open), 4, nullptr));
    if (!map) GTEST_SKIP() << "missing: the right to make BPF tables: " << std::strerror(errno);
    std::uint64_t word = 0;
    std::uint32_t number = 0;
    KernelOpenTable table(map.get(), {&word, &number, &number, &number, &number});
    EXPECT_FALSE(table.look_up(kKey));
    EXPECT_FALSE(table.take(kKey));
    EXPECT_TRUE(table.put_back(kKey, begun_at(100)));
    EXPECT_FALSE(table.put_back(kKey, begun_at(99)));
    EXPECT_FALSE(erase_open_entry(table, kKey, 99).gone);
    const ErasedOpen erased = erase_open_entry(table, kKey, 100);
    ASSERT_TRUE(erased.gone);
    EXPECT_EQ(erased.gone->begin_ns, 100u);
    EXPECT_FALSE(erased.in_doubt);
    EXPECT_FALSE(table.look_up(kKey));
}

TEST(MostOpenOfProcess, LeavesAQuarterForOthers) {
    EXPECT_EQ(most_open_of_process(65536), 49152u);
    EXPECT_EQ(most_open_of_process(16), 12u);
}

}  // namespace
}  // namespace flowtap::open_table_test

// SPDX-License-Identifier: Apache-2.0
// Executions from probe to record, with tables and a ring buffer that have no room.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "bpf/target.h"
#include "programs.h"
#include "readers.h"
#include "shim_state.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap::stateful_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kTgid = 4242;
constexpr std::uint64_t kEntry = 0x1000;
constexpr std::uint64_t kExit = 0x2000;
constexpr std::uint64_t kStack = 0x7ffc00000000;
constexpr std::uint32_t kEntryProbe = 1;
constexpr std::uint32_t kExitProbe = 2;
constexpr std::uint32_t kPoint = 7;

template <typename T>
T as(const shim::Record& record) {
    T value = {};
    EXPECT_EQ(record.size(), sizeof(T));
    std::memcpy(&value, record.data(), std::min(record.size(), sizeof(T)));
    return value;
}

std::uint16_t kind_of(const shim::Record& record) {
    ft_header header = {};
    std::memcpy(&header, record.data(), sizeof(header));
    return header.kind;
}

class Executions : public testing::Test {
protected:
    Executions() {
        shim::reset();
        shim::run_as(kTgid, kTgid);
        shim::set_time(100);
        add_site(kEntry, kEntryProbe);
        add_site(kExit, kExitProbe);
    }

    static ft_site site_of(std::uint32_t probe) {
        ft_site site = {};
        site.probe = probe;
        site.point = kPoint;
        site.failure = FT_FAILURE_NON_ZERO;
        return site;
    }
    static void add_site(std::uint64_t address, std::uint32_t probe) {
        shim::put("sites", ft_site_key{address, kTgid, 0}, site_of(probe));
    }
    static void begin(std::uint64_t stack = kStack) {
        pt_regs registers = {};
        registers.ip = kEntry;
        registers.sp = stack;
        native_entry(&registers);
    }
    static void end(std::uint64_t stack = kStack, std::uint64_t result = 0) {
        pt_regs registers = {};
        registers.ip = kExit;
        registers.sp = stack;
        registers.ax = result;
        native_exit(&registers);
    }
    static std::optional<ft_open> opened(std::uint64_t key = kStack) {
        return shim::get<ft_open>("open", ft_open_key{key, kTgid, 0});
    }
    static ft_counters counters(std::uint32_t probe) {
        ft_counters sum = {};
        for (const shim::Record& one : shim::get_of_cpus("counters", probe)) {
            const auto of_cpu = as<ft_counters>(one);
            sum.hits += of_cpu.hits;
            sum.events += of_cpu.events;
            sum.lost_ring_full += of_cpu.lost_ring_full;
            sum.lost_open_full += of_cpu.lost_open_full;
            sum.lost_open_share += of_cpu.lost_open_share;
            sum.lost_late_full += of_cpu.lost_late_full;
        }
        return sum;
    }
    static std::vector<std::uint16_t> drain_kinds() {
        std::vector<std::uint16_t> kinds;
        for (const shim::Record& record : shim::drain("events")) kinds.push_back(kind_of(record));
        return kinds;
    }

    FakeMemory memory_;
    MemoryInUse in_use_{memory_};
};

TEST_F(Executions, SendABeginAndAnEndAndLeaveNoEntry) {
    begin();
    shim::set_time(150);
    end(kStack, 3);
    const auto records = shim::drain("events");
    ASSERT_EQ(records.size(), 2u);
    const auto first = as<ft_begin>(records[0]);
    EXPECT_EQ(first.header.kind, FT_EVENT_BEGIN);
    EXPECT_EQ(first.header.time_ns, 100u);
    EXPECT_EQ(first.header.key, kStack);
    EXPECT_EQ(first.header.point, kPoint);
    EXPECT_EQ(first.node_id.encoding, FT_TEXT_NONE);
    const auto last = as<ft_end>(records[1]);
    EXPECT_EQ(last.header.kind, FT_EVENT_END);
    EXPECT_EQ(last.header.time_ns, 150u);
    EXPECT_EQ(last.header.status, FT_STATUS_FAILED);
    EXPECT_EQ(last.error_type.encoding, FT_TEXT_INTEGER);
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_F(Executions, OfOtherProcessesAreIgnored) {
    shim::run_as(kTgid + 1, 1);
    begin();
    end();
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(counters(kEntryProbe).hits, 0u);
}

TEST_F(Executions, LoseTheirEndWithALostBegin) {
    shim::limit("events", sizeof(ft_end));
    begin();
    EXPECT_EQ(counters(kEntryProbe).events, 1u);
    EXPECT_EQ(counters(kEntryProbe).lost_ring_full, 1u);
    ASSERT_TRUE(opened());
    EXPECT_EQ(opened()->state, FT_OPEN_IN_FLIGHT) << "so that its end is nobody's";
    shim::limit("events", 1 << 20);
    end();
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(counters(kExitProbe).events, 0u);
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_F(Executions, EndLateIfTheRingIsFull) {
    begin();
    shim::limit("events", 0);
    shim::set_time(170);
    end(kStack, 1);
    EXPECT_EQ(counters(kExitProbe).events, 1u);
    EXPECT_EQ(counters(kExitProbe).lost_late_full, 0u);
    EXPECT_FALSE(opened());
    const auto records = shim::drain("late_ends");
    ASSERT_EQ(records.size(), 1u);
    const auto late = as<ft_end>(records[0]);
    EXPECT_EQ(late.header.kind, FT_EVENT_END);
    EXPECT_EQ(late.header.time_ns, 170u);
    EXPECT_EQ(late.header.key, kStack);
    EXPECT_EQ(late.header.status, FT_STATUS_FAILED);
    EXPECT_EQ(late.running_ns, FT_RUNNING_UNKNOWN);
    EXPECT_EQ(late.error_type.encoding, FT_TEXT_INTEGER);
}

TEST_F(Executions, AreLostOnceIfTheEndFindsNoRoomAnywhere) {
    begin();
    shim::limit("events", 0);
    shim::limit("late_ends", sizeof(ft_end));
    end();
    EXPECT_EQ(counters(kExitProbe).events, 1u);
    EXPECT_EQ(counters(kExitProbe).lost_late_full, 1u);
    EXPECT_FALSE(opened());
    shim::limit("events", 1 << 20);
    begin();
    end();
    EXPECT_EQ(counters(kExitProbe).lost_late_full, 1u);
}

TEST_F(Executions, AreLostIfTheTableIsFull) {
    shim::limit("open", 0);
    begin();
    EXPECT_EQ(counters(kEntryProbe).lost_open_full, 1u);
    EXPECT_THAT(drain_kinds(), IsEmpty());
}

// What one process has open keeps none of another from being counted.
TEST_F(Executions, AreLostBeyondTheShareOfTheirProcess) {
    shim::limit("open", 4);
    ft_limit_targets(3);
    for (std::uint64_t i = 0; i < 5; ++i) begin(kStack - 64 * i);
    EXPECT_EQ(ft_open_of_target(0), 3);
    EXPECT_EQ(counters(kEntryProbe).events, 5u);
    EXPECT_EQ(counters(kEntryProbe).lost_open_share, 2u);
    EXPECT_EQ(counters(kEntryProbe).lost_open_full, 0u);

    shim::run_as(kTgid + 1, kTgid + 1);
    ft_site other = site_of(kEntryProbe);
    other.target = 1;
    shim::put("sites", ft_site_key{kEntry, kTgid + 1, 0}, other);
    begin();
    begin(kStack - 64);
    EXPECT_EQ(ft_open_of_target(1), 1);
    EXPECT_EQ(counters(kEntryProbe).lost_open_share, 2u);
    EXPECT_EQ(counters(kEntryProbe).lost_open_full, 1u);

    shim::run_as(kTgid, kTgid);
    begin(kStack);  // what was open there was left: it is replaced
    EXPECT_EQ(counters(kEntryProbe).lost_open_share, 2u);
    EXPECT_EQ(ft_open_of_target(0), 3);
    end();
    EXPECT_EQ(ft_open_of_target(0), 2);
    begin(kStack - 64 * 9);
    EXPECT_EQ(ft_open_of_target(0), 3);
}

TEST_F(Executions, CountersAreKeptByCpu) {
    begin();
    shim::run_on(1);
    begin(kStack - 64);
    EXPECT_EQ(counters(kEntryProbe).hits, 2u);
    for (const shim::Record& one : shim::get_of_cpus("counters", kEntryProbe))
        EXPECT_EQ(as<ft_counters>(one).hits, 1u);
}

TEST_F(Executions, AreNotEndedByAnotherPoint) {
    begin();
    ft_site other = site_of(kExitProbe);
    other.point = kPoint + 1;
    shim::put("sites", ft_site_key{kExit, kTgid, 0}, other);
    end();
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN));
    EXPECT_EQ(opened()->state, FT_OPEN_RUNNING);
}

// What has to be sent = what was sent + what is lost.
TEST_F(Executions, AddUpWhateverIsFull) {
    std::uint64_t lost = 0;
    std::uint64_t at_share = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        shim::reset();
        shim::run_as(kTgid, kTgid);
        add_site(kEntry, kEntryProbe);
        add_site(kExit, kExitProbe);
        std::mt19937 random(seed);
        const auto below = [&](unsigned limit) { return random() % limit; };
        shim::limit("events", 200 + below(4000));
        shim::limit("late_ends", below(1000));
        shim::limit("open", 1 + below(12));
        ft_limit_targets(1 + static_cast<int>(below(12)));
        std::map<std::uint16_t, std::uint64_t> received;
        const auto drain = [&] {
            for (const std::uint16_t kind : drain_kinds()) received[kind]++;
            received[FT_EVENT_END] += shim::drain("late_ends").size();
        };
        for (int step = 0; step < 300; ++step) {
            shim::set_time(100 + static_cast<std::uint64_t>(step));
            shim::run_on(below(2));
            const std::uint64_t stack = kStack + 64ULL * below(16);
            switch (below(8)) {
                case 0:
                    drain();
                    break;
                case 1:
                case 2:
                case 3:
                    end(stack, below(2));
                    break;
                default:
                    begin(stack);
            }
        }
        drain();
        const ft_counters entry = counters(kEntryProbe);
        const ft_counters exit = counters(kExitProbe);
        EXPECT_EQ(entry.events, received[FT_EVENT_BEGIN] + entry.lost_ring_full + entry.lost_open_full +
                                    entry.lost_open_share)
            << seed;
        EXPECT_EQ(ft_open_of_target(0), static_cast<int>(shim::count("open"))) << seed;
        EXPECT_EQ(exit.events, received[FT_EVENT_END] + received[FT_EVENT_IN_FLIGHT] + exit.lost_late_full +
                                   exit.lost_ring_full)
            << seed;
        lost += exit.lost_late_full + entry.lost_ring_full + entry.lost_open_full;
        at_share += entry.lost_open_share;
    }
    EXPECT_GT(lost, 100u);
    EXPECT_GT(at_share, 100u);
}

// By a number that both ends tell, in rdi.
class KeyedExecutions : public Executions {
protected:
    KeyedExecutions() {
        ft_reads reads = {};
        reads.key.type = FT_VALUE_NUMBER;
        reads.key.base = kRdi;
        reads.key.index = reads.key.length = FT_NO_REGISTER;
        reads.key.width = 8;
        shim::put("reads", std::uint32_t{1}, reads);
        for (const auto& [address, probe] : {std::pair{kEntry, kEntryProbe}, std::pair{kExit, kExitProbe}}) {
            ft_site site = site_of(probe);
            site.reads = 1;
            shim::put("sites", ft_site_key{address, kTgid, 0}, site);
        }
    }
    static constexpr std::uint8_t kRdi = 7;

    static pt_regs at(std::uint64_t address, std::uint64_t number, std::uint64_t stack = kStack) {
        pt_regs registers = {};
        registers.ip = address;
        registers.sp = stack;
        registers.di = number;
        return registers;
    }
    static void run(int (*program)(pt_regs*), pt_regs registers) { program(&registers); }
};

TEST_F(KeyedExecutions, EndWhereTheCallThatBeganThemReturns) {
    run(keyed_entry, at(kEntry, 5));
    EXPECT_EQ(shim::count("open"), 2u) << "the execution, and the call that leads to it";
    run(keyed_exit, at(kExit, 0));
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_END));
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_F(KeyedExecutions, WithoutRoomForTheCallAreLostAndCounted) {
    shim::limit("open", 0);
    run(keyed_entry, at(kEntry, 5));
    EXPECT_EQ(counters(kEntryProbe).events, 1u);
    EXPECT_EQ(counters(kEntryProbe).lost_open_full, 1u);
    EXPECT_THAT(drain_kinds(), IsEmpty());
}

TEST_F(KeyedExecutions, WithRoomForTheCallAloneAreLostAndCounted) {
    shim::limit("open", 1);
    run(keyed_entry, at(kEntry, 5));
    EXPECT_EQ(counters(kEntryProbe).events, 1u);
    EXPECT_EQ(counters(kEntryProbe).lost_open_full, 1u);
    run(keyed_exit, at(kExit, 0));
    EXPECT_THAT(drain_kinds(), IsEmpty()) << "no end of what was never told of";
    EXPECT_EQ(shim::count("open"), 0u);
}

TEST_F(KeyedExecutions, OfMarkersMayEndOnAnotherThread) {
    run(marker_begin, at(kEntry, 5));
    run(marker_begin, at(kEntry, 6));
    shim::run_as(kTgid, kTgid + 1);
    run(marker_end, at(kExit, 5));
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_BEGIN, FT_EVENT_BEGIN, FT_EVENT_END));
    EXPECT_EQ(shim::count("open"), 1u);
}

TEST_F(KeyedExecutions, ThatHaveEndedAreOneRecordOrOneLoss) {
    run(marker_done, at(kEntry, 5));
    shim::limit("events", 100);
    run(marker_done, at(kEntry, 5));
    EXPECT_EQ(counters(kEntryProbe).events, 2u);
    EXPECT_EQ(counters(kEntryProbe).lost_ring_full, 1u);
    EXPECT_THAT(drain_kinds(), ElementsAre(FT_EVENT_DONE));
}

TEST_F(Executions, AreReportedAsMissedIfTheyEndDuringErasure) {
    begin();
    ft_announce_erasing(kStack, kTgid);
    end();
    EXPECT_EQ(ft_erasing_missed(), 0u) << "it was there";
    end();
    EXPECT_EQ(ft_erasing_missed(), 1u);
    end(kStack + 8);
    EXPECT_EQ(ft_erasing_missed(), 1u) << "another entry";
    shim::run_as(kTgid + 1, kTgid + 1);
    shim::put("sites", ft_site_key{kExit, kTgid + 1, 0}, site_of(kExitProbe));
    end();
    EXPECT_EQ(ft_erasing_missed(), 1u) << "another process's";
}

TEST_F(Executions, ReplaceAnOpenOneWithTheSameKey) {
    begin();
    EXPECT_EQ(ft_count_exchanges().begun, 0u);
    begin();
    EXPECT_EQ(ft_count_exchanges().begun, 1u);
    EXPECT_EQ(ft_count_exchanges().done, 1u);
    shim::limit("events", 0);
    begin();
    EXPECT_GT(ft_count_exchanges().begun, 1u) << "its entry goes with the begin that is lost";
    EXPECT_EQ(ft_count_exchanges().done, ft_count_exchanges().begun);
}

// Unwinders and longjmp: a landing sets the stack pointer from rdx.
class Landings : public Executions {
protected:
    static constexpr std::uint64_t kLanding = 0x3000;
    static constexpr std::uint32_t kProbe = 3;
    static constexpr std::uint8_t kRdx = 2;

    Landings() {
        ft_landing landing = {};
        landing.probe = kProbe;
        landing.is_jump = 1;
        landing.stack.base = kRdx;
        shim::put("landings", ft_site_key{kLanding, kTgid, 0}, landing);
    }
    static void jump(std::uint64_t from, std::uint64_t to) {
        pt_regs registers = {};
        registers.ip = kLanding;
        registers.sp = from;
        registers.dx = to;
        native_landing(&registers);
    }
};

TEST_F(Landings, ReportTheRangeOfTheStackThatWasLeft) {
    jump(kStack - 512, kStack);
    const auto records = shim::drain("events");
    ASSERT_EQ(records.size(), 1u);
    const auto left = as<ft_left>(records[0]);
    EXPECT_EQ(left.header.kind, FT_EVENT_LEFT);
    EXPECT_EQ(left.header.status, FT_STATUS_ABORTED);
    EXPECT_EQ(left.stack_from, kStack - 512);
    EXPECT_EQ(left.stack_to, kStack);
    EXPECT_EQ(left.own_stack, FT_NO_STACK);
}

TEST_F(Landings, ToALowerAddressLeaveNoFrame) {
    jump(kStack, kStack - 512);
    EXPECT_THAT(drain_kinds(), IsEmpty());
    EXPECT_EQ(counters(kProbe).hits, 1u);
    EXPECT_EQ(counters(kProbe).events, 0u);
}

// As a probe that interrupts another one on its CPU.
TEST_F(Landings, OfConcurrentThreadsAreAllCounted) {
    constexpr int kEach = 200'000;
    jump(kStack, kStack - 512);
    const auto many = [] {
        for (int i = 0; i < kEach; ++i) jump(kStack, kStack - 512);
    };
    std::thread other(many);
    many();
    other.join();
    EXPECT_EQ(counters(kProbe).hits, 2u * kEach + 1);
}

TEST_F(Landings, WithoutRoomAreCountedAsLost) {
    shim::limit("events", 0);
    jump(kStack - 512, kStack);
    EXPECT_EQ(counters(kProbe).events, 1u);
    EXPECT_EQ(counters(kProbe).lost_ring_full, 1u);
}

TEST(Lifetimes, OfThreadsAndProcessesAreReportedForTargetsOnly) {
    shim::reset();
    signal_struct signal = {};
    task_struct task = {};
    task.signal = &signal;
    shim::set_task(&task);
    shim::run_as(kTgid, kTgid + 1);
    process_exit(nullptr);
    EXPECT_THAT(shim::drain("events"), IsEmpty());
    shim::put("targets", std::uint32_t{kTgid}, ft_python{});
    const std::uint64_t thread = std::uint64_t{kTgid} << 32 | (kTgid + 1);
    shim::put("drives", thread, ft_drives{});
    signal.live.counter = 1;
    process_exit(nullptr);
    EXPECT_EQ(shim::count("drives"), 0u);
    signal.live.counter = 0;
    process_exit(nullptr);
    const auto records = shim::drain("events");
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(kind_of(records[0]), FT_EVENT_THREAD_EXIT);
    EXPECT_EQ(kind_of(records[1]), FT_EVENT_PROCESS_EXIT);
}

}  // namespace
}  // namespace flowtap::stateful_test

// SPDX-License-Identifier: Apache-2.0
#include "selftest/subject_work.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <ctime>
#include <vector>

#include "base/thread.h"
#include "selftest/median.h"
#include "selftest/probed_functions.h"

namespace flowtap {
namespace {

constexpr int kRounds = 25;
constexpr int kTimes = 16;  // in each round

alignas(8) volatile std::uint64_t watched_word = Subject::kWord;

double seconds_on(clockid_t clock) {
    timespec now = {};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void call_emulated(int times) {
    for (int i = 0; i < times; i++) flowtap_selftest_emulated();
}

void call_single_stepped(int times) {
    for (int i = 0; i < times; i++) flowtap_selftest_single_stepped();
}

void write_word(int times) {
    for (int i = 0; i < times; i++) watched_word = Subject::kWord;
}

void read_word(int times) {
    const auto* byte = reinterpret_cast<const volatile std::uint8_t*>(&watched_word);
    for (int i = 0; i < times; i++) (void)*byte;
}

// Gives the tester time to go to sleep.
TaskDone call_soon() {
    constexpr timespec kMoment = {.tv_sec = 0, .tv_nsec = 300'000};
    ::nanosleep(&kMoment, nullptr);
    call_emulated(1);
    return {1, 0};
}

void connect(Fd& read, Fd& write) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;  // nothing is triggered then
    read = Fd(ends[0]);
    write = Fd(ends[1]);
}

bool hand_over(const Fd& fd) { return ::write(fd.get(), "", 1) == 1; }

bool wait_for(const Fd& fd) {
    char byte = 0;
    return ::read(fd.get(), &byte, 1) == 1;
}

// Binds this thread and those that it starts later to one CPU. Without that, threads may not switch at all.
bool stay_on_one_cpu() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    return ::sched_setaffinity(0, sizeof(one), &one) == 0;
}

}  // namespace

SubjectWork::SubjectWork() : on_one_cpu_(stay_on_one_cpu()) {
    connect(begins_, partner_begins_);
    connect(ended_, partner_ended_);
    Result<std::jthread> partner = start_thread("is a partner in the self-test", [this](const auto&) {
        while (wait_for(begins_)) {
            if (work_ != nullptr) (*work_)();
            if (!hand_over(partner_ended_)) break;
        }
    });
    if (partner) {
        partner->detach();
    } else {
        partner_begins_ = Fd();  // the second thread is missing: do not wait for it
    }
}

TaskDone SubjectWork::carry_out(Task task) {
    switch (task) {
        case Task::kCallEmulated:
            return repeat(call_emulated, false);
        case Task::kCallSingleStepped:
            return repeat(call_single_stepped, false);
        case Task::kCallSoon:
            return call_soon();
        case Task::kWrite:
            return repeat(write_word, true);
        case Task::kRead:
            return repeat(read_word, true);
        case Task::kSwitch:
            return switch_threads();
        case Task::kBecomeAnother:
            break;
    }
    return {};
}

void SubjectWork::by_partner(const std::function<void()>& work) {
    work_ = &work;
    if (hand_over(partner_begins_)) wait_for(ended_);
    work_ = nullptr;
}

TaskDone SubjectWork::repeat(const std::function<void(int)>& action, bool also_in_new_thread) {
    std::vector<double> seconds;
    TaskDone done;
    const auto count = [&] { done.times += kTimes; };
    for (int round = 0; round < kRounds; round++, count()) {
        const double began = seconds_on(CLOCK_THREAD_CPUTIME_ID);
        action(kTimes);
        seconds.push_back((seconds_on(CLOCK_THREAD_CPUTIME_ID) - began) / kTimes);
    }
    by_partner([&] { action(kTimes), count(); });
    // Waits for the thread to end.
    if (also_in_new_thread)
        (void)start_thread("is new in the self-test", [&](const auto&) { action(kTimes), count(); });
    done.seconds = median(std::move(seconds));
    return done;
}

// The kernel charges a switch to one of the two threads.
TaskDone SubjectWork::switch_threads() {
    if (!on_one_cpu_) return {};
    std::vector<double> seconds;
    for (int round = 0; round < kRounds; round++) {
        const double began = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
        for (int i = 0; i < kTimes / 2; i++) by_partner([] {});
        seconds.push_back((seconds_on(CLOCK_PROCESS_CPUTIME_ID) - began) / kTimes);
    }
    return {std::uint64_t{kRounds} * kTimes, median(std::move(seconds))};
}

std::uint64_t SubjectWork::word_address() {
    return std::bit_cast<std::uint64_t>(const_cast<const std::uint64_t*>(&watched_word));
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// What must hold after any sequence of events: random ones with fixed seeds, and random bytes.
#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <unordered_set>

#include "tracker_fixture.h"

namespace flowtap::tracker_property_test {
namespace {

using namespace test;

// Follows outcomes as the exporter would and checks their contract.
class Ledger {
public:
    void enter(const std::vector<Outcome>& outcomes) {
        for (const Outcome& outcome : outcomes)
            std::visit([this](const auto& entry) { enter(entry); }, outcome);
    }

    [[nodiscard]] std::size_t open() const { return open_.size(); }
    [[nodiscard]] std::size_t started() const { return tokens_.size(); }
    [[nodiscard]] std::size_t ended() const { return ended_; }
    [[nodiscard]] std::size_t unpaired() const { return unpaired_; }
    [[nodiscard]] std::unordered_set<std::uint64_t> open_keys(std::uint32_t tgid) const {
        std::unordered_set<std::uint64_t> keys;
        for (const auto& [token, started] : open_) {
            if (started.tgid == tgid) keys.insert(started.key);
        }
        return keys;
    }

private:
    void enter(const Started& started) {
        EXPECT_TRUE(tokens_.insert(started.token).second) << "token used twice";
        open_.emplace(started.token, started);
    }

    void enter(const Ended& ended) {
        const auto begun = open_.find(ended.token);
        ASSERT_NE(begun, open_.end()) << "ended without start, or twice";
        EXPECT_EQ(ended.key, begun->second.key);
        EXPECT_EQ(ended.tgid, begun->second.tgid);
        EXPECT_EQ(ended.begin_ns, begun->second.time_ns);
        EXPECT_EQ(ended.identity, begun->second.identity);
        EXPECT_GE(ended.end_ns, ended.begin_ns);
        EXPECT_LE(ended.running_ns.value_or(0), ended.end_ns - ended.begin_ns);
        open_.erase(begun);
        ++ended_;
    }

    void enter(const Unpaired&) { ++unpaired_; }
    void enter(const CriticalPath&) {}
    void enter(const PathUnknown&) {}

    std::unordered_map<std::uint64_t, Started> open_;
    std::unordered_set<std::uint64_t> tokens_;
    std::size_t ended_ = 0;
    std::size_t unpaired_ = 0;
};

constexpr std::uint32_t kProcesses = 3;
constexpr std::size_t kMaxOpen = 60;

// Few processes, threads and keys, so that keys collide, ends go missing and everything nests oddly.
class RandomEvents {
public:
    explicit RandomEvents(unsigned seed) : random_(seed) {}

    Event next() {
        const Where where{.key = below(40),
                          .tgid = below(kProcesses),
                          .tid = below(4),
                          .point = below(kUndescribed + 1),
                          .key_kind = static_cast<ft_key_kind>(FT_KEY_STACK + below(3))};
        const __u64 time_ns = 1000 + 10 * ++count_ - below(100);
        const std::uint32_t choice = below(1000);
        if (choice < 450) return some_begin(time_ns, where);
        if (choice < 850)
            return below(2) == 0 ? end(time_ns, where) : failed_end(time_ns, where, "CancelledError");
        if (choice < 960) return InFlightEvent{header(FT_EVENT_IN_FLIGHT, time_ns, where)};
        if (choice < 990) return ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, time_ns, where)};
        if (choice < 995) return ProcessExitEvent{header(FT_EVENT_PROCESS_EXIT, time_ns, where)};
        return ExecEvent{header(FT_EVENT_EXEC, time_ns, where)};
    }

private:
    std::uint32_t below(std::uint32_t limit) { return random_() % limit; }

    ft_begin some_begin(__u64 time_ns, const Where& where) {
        ft_begin event = begin(time_ns, where, below(2) == 0 ? "orders" : "");
        event.parent_key = below(40);
        return event;
    }

    std::mt19937 random_;
    __u64 count_ = 0;
};

void expect_same_state(const ExecutionTracker& tracker, const Ledger& ledger) {
    ASSERT_EQ(tracker.open_count(), ledger.open());
    ASSERT_EQ(ledger.started(), ledger.ended() + ledger.open());
    ASSERT_LE(tracker.open_count(), kMaxOpen);
    for (std::uint32_t tgid = 0; tgid < kProcesses; ++tgid) {
        const auto keys = tracker.open_keys(tgid);
        ASSERT_EQ(std::unordered_set<std::uint64_t>(keys.begin(), keys.end()), ledger.open_keys(tgid));
    }
}

class AnySequence : public testing::TestWithParam<unsigned> {};

TEST_P(AnySequence, GivesEachStartExactlyOneEnd) {
    ExecutionTracker tracker(kMaxOpen, 16);
    describe_points(tracker);
    RandomEvents events(GetParam());
    Ledger ledger;
    std::vector<Outcome> outcomes;
    for (int i = 0; i < 20'000; ++i) {
        outcomes.clear();
        tracker.apply(events.next(), outcomes);
        ledger.enter(outcomes);
        ASSERT_EQ(tracker.open_count(), ledger.open()) << "after event " << i;
        if (i % 100 == 0) expect_same_state(tracker, ledger);
    }
    expect_same_state(tracker, ledger);
    EXPECT_GT(ledger.ended(), 1000U);
    EXPECT_GT(ledger.unpaired(), 1000U);

    outcomes.clear();
    for (std::uint32_t tgid = 0; tgid < kProcesses; ++tgid) tracker.forget_process(tgid, 0, outcomes);
    ledger.enter(outcomes);
    EXPECT_EQ(ledger.open(), 0U);
    EXPECT_EQ(tracker.open_count(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnySequence, testing::Range(1U, 11U));

// Random bytes, the header steered towards valid values so that most records pass the decoder.
std::vector<std::byte> random_record(std::mt19937& random) {
    constexpr std::size_t kSizes[] = {sizeof(ft_header), sizeof(ft_begin), sizeof(ft_end), 0};
    std::vector<std::byte> record(kSizes[random() % 4]);
    if (record.empty()) record.resize(random() % 600);
    for (std::byte& byte : record) byte = static_cast<std::byte>(random());
    if (record.size() < sizeof(ft_header) || random() % 8 == 0) return record;

    ft_header header;
    std::memcpy(&header, record.data(), sizeof header);
    header.key %= 64;
    header.tgid %= kProcesses;
    header.tid %= 4;
    header.point %= kUndescribed + 1;
    header.kind %= FT_EVENT_EXEC + 2;
    header.key_kind %= FT_KEY_COROUTINE + 2;
    header.status %= FT_STATUS_FAILED + 2;
    if (record.size() == sizeof(ft_begin)) header.kind = FT_EVENT_BEGIN;
    if (record.size() == sizeof(ft_end)) header.kind = FT_EVENT_END;
    std::memcpy(record.data(), &header, sizeof header);
    const auto fix_encoding = [&](std::size_t text) {
        auto& encoding = record[text + offsetof(ft_text, encoding)];
        encoding = static_cast<std::byte>(random() % (FT_TEXT_CPP_TYPE + 1));
    };
    if (record.size() == sizeof(ft_end)) fix_encoding(offsetof(ft_end, error_type));
    for (std::size_t text = offsetof(ft_begin, workflow_id);
         text < record.size() && record.size() == sizeof(ft_begin); text += sizeof(ft_text))
        fix_encoding(text);
    return record;
}

TEST(RandomBytes, NeverBreakDecoderOrTracker) {
    std::mt19937 random(20'261'122);
    ExecutionTracker tracker(kMaxOpen, 16);
    describe_points(tracker);
    Ledger ledger;
    std::vector<Outcome> outcomes;
    int malformed = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto record = random_record(random);
        const Event event = decode_event(record);
        malformed += std::holds_alternative<Malformed>(event) ? 1 : 0;
        outcomes.clear();
        tracker.apply(event, outcomes);
        ledger.enter(outcomes);
        ASSERT_EQ(tracker.open_count(), ledger.open()) << "after record " << i;
    }
    EXPECT_GT(malformed, 10'000);
    EXPECT_GT(ledger.ended(), 1000U);
}

}  // namespace
}  // namespace flowtap::tracker_property_test

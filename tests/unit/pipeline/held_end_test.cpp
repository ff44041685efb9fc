// SPDX-License-Identifier: Apache-2.0
// Python nodes seen from where they set a variable to where they reset it: what raises after that is theirs.
#include "tracker_fixture.h"

namespace flowtap::held_end_test {
namespace {

using namespace test;

constexpr Where kRun{.key = 0x6000, .tgid = 5, .tid = 6, .point = kPythonNode, .key_kind = FT_KEY_RUN};
constexpr Where kNext{.key = 0x7000, .tgid = 5, .tid = 6, .point = kPythonNode, .key_kind = FT_KEY_RUN};
constexpr Where kElsewhere{.key = 0x8000, .tgid = 5, .tid = 7, .point = kPythonNode, .key_kind = FT_KEY_RUN};

RaisedEvent raised(__u64 time_ns, const Where& where, const char* type) {
    return {failed_end(time_ns, where, type)};
}

class HeldEndTest : public TrackerTest {
protected:
    std::vector<Outcome> release(std::uint64_t time_ns) {
        std::vector<Outcome> outcomes;
        tracker_.release_ends(time_ns, outcomes);
        return outcomes;
    }
};

TEST_F(HeldEndTest, IsToldWithTheNextEventOfItsThread) {
    apply(begin(10, kRun));
    EXPECT_TRUE(apply(end(20, kRun)).empty());
    EXPECT_EQ(apply(begin(21, kElsewhere)).size(), 1U) << "another thread says nothing of it";
    const auto outcomes = apply(begin(30, kNext));
    ASSERT_EQ(outcomes.size(), 2U);
    const auto& over = std::get<Ended>(outcomes[0]);
    EXPECT_EQ(over.status, Status::kSuccess);
    EXPECT_EQ(over.end_ns, 20U);
    EXPECT_TRUE(std::holds_alternative<Started>(outcomes[1]));
}

TEST_F(HeldEndTest, BecomesAFailureIfTheRestOfTheNodeRaises) {
    apply(begin(10, kRun));
    apply(end(20, kRun));
    const Ended over = ended(raised(25, kRun, "NodeValidationError"));
    EXPECT_EQ(over.status, Status::kFailed);
    EXPECT_EQ(over.error_type, "NodeValidationError");
    EXPECT_EQ(over.end_ns, 20U) << "its run was over then";
    EXPECT_TRUE(apply(begin(30, kNext)).size() == 1U) << "and is told once";
}

TEST_F(HeldEndTest, TakesTheErrorThatTheCallerSees) {
    apply(begin(10, kRun));
    apply(failed_end(20, kRun, "ValueError"));
    EXPECT_EQ(ended(raised(25, kRun, "NodeExecutionError")).error_type, "NodeExecutionError");
    apply(begin(30, kRun));
    apply(failed_end(40, kRun, "CancelledError"));
    EXPECT_EQ(ended(raised(45, kRun, "CancelledError")).status, Status::kCancelled);
}

TEST_F(HeldEndTest, IsToldAfterAWhileOfSilence) {
    apply(begin(10, kRun));
    apply(end(20, kRun));
    EXPECT_TRUE(release(20).empty());
    EXPECT_EQ(HeldEndTest::only_ended(release(21)).status, Status::kSuccess);
    EXPECT_TRUE(release(99).empty());
}

TEST_F(HeldEndTest, IsCountedWhereTheFailureComesTooLate) {
    apply(begin(10, kRun));
    apply(end(20, kRun));
    release(21);
    const auto outcomes = apply(raised(30, kRun, "ValueError"));
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_TRUE(is_unpaired(outcomes[0], UnpairedReason::kFailedLate));
}

TEST_F(HeldEndTest, IsToldBeforeTheEndOfItsProcess) {
    apply(begin(10, kRun));
    apply(end(20, kRun));
    apply(begin(15, kElsewhere));
    std::vector<Outcome> outcomes;
    tracker_.end_process(5, 50, outcomes);
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(std::get<Ended>(outcomes[0]).status, Status::kSuccess);
    EXPECT_EQ(std::get<Ended>(outcomes[1]).status, Status::kAborted);
}

}  // namespace
}  // namespace flowtap::held_end_test

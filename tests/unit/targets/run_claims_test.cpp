// SPDX-License-Identifier: Apache-2.0
#include "targets/run_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/process/fake_memory.h"

namespace flowtap::run_claims_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::uint64_t kMarks = 0x1000;
constexpr std::uint64_t kSecond = 1'000'000'000;

// A plan of one point, whose functions have codes at 1, 2 ..., each with a byte that turns 1 when it runs.
class Claims : public testing::Test {
protected:
    Claims() {
        memory_.map(kMarks, 16);
        plan_.points.resize(1);
        plan_.points[0].profile = "engine";
        plan_.points[0].point.name = "node";
        plan_.points[0].observe_by(PointMechanism::kCoroutineLifetimes);
        for (std::uint64_t code : {1, 2}) {
            PlannedCode& planned = plan_.codes.emplace_back();
            planned.address = code;
            planned.qualname = "f" + std::to_string(code);
            planned.run_mark = RunMark{kMarks + code, 1, {1}};
        }
    }

    void run(std::uint64_t code) { memory_.put(kMarks + code, std::uint8_t{1}); }
    auto check() {
        now_ns_ += RunClaims::kPeriod;
        return claims_.check(
            memory_, [this](std::uint64_t code) { return seen_.contains(code); }, now_ns_);
    }

    FakeMemory memory_;
    Plan plan_;
    RunClaims claims_;
    std::set<std::uint64_t> seen_;
    std::uint64_t now_ns_ = kSecond;
};

TEST_F(Claims, AreContradictedByAFunctionThatRunsUnseen) {
    claims_.set_plan(plan_, memory_);
    EXPECT_THAT(check(), IsEmpty());
    run(2);
    EXPECT_THAT(check(), IsEmpty()) << "what it sends may be on its way";
    EXPECT_THAT(check(), ElementsAre(Pair("engine/node", "f2")));
    EXPECT_THAT(check(), IsEmpty()) << "once";
    EXPECT_THAT(claims_.unseen(), ElementsAre(Pair("engine/node", "f2")));
}

TEST_F(Claims, AreNotContradictedByWhatRanBefore) {
    run(1);
    claims_.set_plan(plan_, memory_);
    check();
    EXPECT_THAT(check(), IsEmpty());
    plan_.codes[0].qualname = "again";
    claims_.set_plan(plan_, memory_);
    check();
    EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Claims, AreNotContradictedWhileAnyFunctionOfThePointIsSeen) {
    claims_.set_plan(plan_, memory_);
    run(1);
    run(2);
    seen_ = {2};
    check();
    EXPECT_THAT(check(), IsEmpty()) << "the other may be called by super()";
}

// In the hands of a decorator or another object.
TEST_F(Claims, AreContradictedByASharedFunctionAlthoughAnotherOneIsSeen) {
    plan_.points[0].observe_by(PointMechanism::kMethodCalls);
    plan_.codes[0].roles = {CodeRole::kNode, CodeRole::kShared};
    plan_.codes[0].function_object = plan_.codes[0].address;
    claims_.set_plan(plan_, memory_);
    run(1);
    run(2);
    seen_ = {1, 2};
    check();
    EXPECT_THAT(check(), IsEmpty());
    seen_ = {2};
    check();
    EXPECT_THAT(check(), ElementsAre(Pair("engine/node", "f1")));
}

TEST_F(Claims, SayNothingOfPointsThatAreNotObserved) {
    plan_.points[0].give_up("no site");
    claims_.set_plan(plan_, memory_);
    run(1);
    check();
    EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Claims, SayNothingOfFunctionsThatAreGone) {
    claims_.set_plan(plan_, memory_);
    plan_.codes.clear();
    claims_.set_plan(plan_, memory_);
    run(1);
    check();
    EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Claims, AreLookedAtNowAndThen) {
    EXPECT_TRUE(claims_.due(kSecond));
    claims_.check(
        memory_, [](std::uint64_t) { return false; }, kSecond);
    EXPECT_FALSE(claims_.due(kSecond + RunClaims::kPeriod - 1));
    EXPECT_TRUE(claims_.due(kSecond + RunClaims::kPeriod));
}

}  // namespace
}  // namespace flowtap::run_claims_test

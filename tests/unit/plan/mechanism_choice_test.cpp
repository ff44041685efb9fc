// SPDX-License-Identifier: Apache-2.0
// The rule on interpreters that do not exist.
#include "plan/mechanism_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace flowtap::mechanism_choice_test {
namespace {

Candidate candidate(PointMechanism mechanism, double microseconds, Exactness exactness = Exactness::kExact) {
    Candidate one;
    one.mechanism = mechanism;
    one.exactness = exactness;
    one.expected = ExpectedCost{microseconds, microseconds, microseconds};
    return one;
}

Candidate absent(PointMechanism mechanism) {
    Candidate one = candidate(mechanism, 0);
    one.absent = "no such function";
    return one;
}

std::optional<PointMechanism> chosen(const std::vector<Candidate>& candidates, Preference preference) {
    const auto index = choose_mechanism(candidates, preference);
    if (!index) return std::nullopt;
    return candidates.at(*index).mechanism;
}

TEST(MechanismChoice, TakesTheCheapestOfTheExactOnes) {
    const std::vector candidates = {candidate(PointMechanism::kBytecodeWatches, 30),
                                    candidate(PointMechanism::kContextVariable, 2),
                                    candidate(PointMechanism::kInstanceCalls, 3)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), PointMechanism::kContextVariable);
    EXPECT_EQ(chosen(candidates, Preference::kCheap), PointMechanism::kContextVariable);
}

TEST(MechanismChoice, CountsHitsWherePricesAreNotKnown) {
    Candidate emulated = candidate(PointMechanism::kCoroutineSteps, 0);
    emulated.expected =
        ExpectedCost{.hits = 40, .microseconds = {}, .least_microseconds = {}, .expensive_hits = 0};
    Candidate stepped = candidate(PointMechanism::kCoroutineLifetimes, 0);
    stepped.expected =
        ExpectedCost{.hits = 4, .microseconds = {}, .least_microseconds = {}, .expensive_hits = 4};
    EXPECT_EQ(chosen({stepped, emulated}, Preference::kComplete), PointMechanism::kCoroutineSteps);
    Candidate fewer = emulated;
    fewer.mechanism = PointMechanism::kInstanceCalls;
    fewer.expected->hits = 39;
    EXPECT_EQ(chosen({emulated, fewer}, Preference::kComplete), PointMechanism::kInstanceCalls);
}

TEST(MechanismChoice, PassesOverACheaperOneThatMissesTimeUnlessThatIsPreferred) {
    const std::vector candidates = {candidate(PointMechanism::kMethodCalls, 30),
                                    candidate(PointMechanism::kContextVariable, 2, Exactness::kCounts)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), PointMechanism::kMethodCalls);
    EXPECT_EQ(chosen(candidates, Preference::kCheap), PointMechanism::kContextVariable);
}

TEST(MechanismChoice, PrefersTheExactOneWhereItIsTheCheaperOneToo) {
    const std::vector candidates = {candidate(PointMechanism::kMethodCalls, 1),
                                    candidate(PointMechanism::kContextVariable, 2, Exactness::kCounts)};
    EXPECT_EQ(chosen(candidates, Preference::kCheap), PointMechanism::kMethodCalls);
}

TEST(MechanismChoice, TakesNothingThatMissesExecutionsWhereSomethingElseCounts) {
    const std::vector candidates = {candidate(PointMechanism::kCoroutineSteps, 1, Exactness::kIncomplete),
                                    candidate(PointMechanism::kMethodCalls, 400)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), PointMechanism::kMethodCalls);
    EXPECT_EQ(chosen(candidates, Preference::kCheap), PointMechanism::kMethodCalls);
}

TEST(MechanismChoice, TakesWhatSeesMostWhereNothingIsExact) {
    const std::vector candidates = {candidate(PointMechanism::kCoroutineSteps, 1, Exactness::kIncomplete),
                                    absent(PointMechanism::kMethodCalls),
                                    candidate(PointMechanism::kContextVariable, 90, Exactness::kCounts)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), PointMechanism::kContextVariable);
    const std::vector worse = {absent(PointMechanism::kMethodCalls),
                               candidate(PointMechanism::kBytecodeWatches, 9, Exactness::kIncomplete),
                               candidate(PointMechanism::kCoroutineSteps, 1, Exactness::kIncomplete)};
    EXPECT_EQ(chosen(worse, Preference::kComplete), PointMechanism::kCoroutineSteps);
    EXPECT_EQ(chosen(worse, Preference::kCheap), PointMechanism::kCoroutineSteps);
}

TEST(MechanismChoice, TakesTheUsuallyCheaperOneWhereTheEngineWasNotMeasured) {
    const auto unmeasured = [](PointMechanism mechanism, Exactness exactness = Exactness::kExact) {
        Candidate one = candidate(mechanism, 0, exactness);
        one.expected.reset();
        return one;
    };
    const std::vector nodes = {unmeasured(PointMechanism::kMethodCalls),
                               unmeasured(PointMechanism::kContextVariable, Exactness::kCounts)};
    EXPECT_EQ(chosen(nodes, Preference::kCheap), PointMechanism::kContextVariable);
    EXPECT_EQ(chosen(nodes, Preference::kComplete), PointMechanism::kMethodCalls);
    EXPECT_EQ(
        chosen({unmeasured(PointMechanism::kCoroutineSteps), unmeasured(PointMechanism::kCoroutineLifetimes)},
               Preference::kCheap),
        PointMechanism::kCoroutineLifetimes);
    EXPECT_EQ(
        chosen({candidate(PointMechanism::kMethodCalls, 1), unmeasured(PointMechanism::kContextVariable)},
               Preference::kComplete),
        PointMechanism::kContextVariable)
        << "one figure alone compares with nothing";
    Candidate missing = absent(PointMechanism::kContextVariable);
    missing.expected.reset();
    EXPECT_EQ(chosen({candidate(PointMechanism::kInstanceCalls, 2),
                      candidate(PointMechanism::kMethodCalls, 1), missing},
                     Preference::kComplete),
              PointMechanism::kMethodCalls)
        << "what is absent needs no figure";
}

TEST(MechanismChoice, TakesTheFirstOfEquallyDearOnes) {
    const std::vector candidates = {candidate(PointMechanism::kMethodCalls, 2),
                                    candidate(PointMechanism::kInstanceCalls, 2)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), PointMechanism::kMethodCalls);
}

TEST(MechanismChoice, TakesNothingWhereAllAreAbsent) {
    EXPECT_EQ(chosen({absent(PointMechanism::kMethodCalls), absent(PointMechanism::kContextVariable)},
                     Preference::kComplete),
              std::nullopt);
    EXPECT_EQ(chosen({}, Preference::kCheap), std::nullopt);
}

TEST(ExpectedCosts, AreRangesWhereOnePlaceIsDearAndAnotherIsNot) {
    EXPECT_EQ(cost_text({39.2, 31.4, 31.4}), "about 39 hits, 31 us");
    EXPECT_EQ(cost_text({2.2, 1.76, 1.76}), "about 2.2 hits, 1.8 us");
    EXPECT_EQ(cost_text({39, 230, 31}), "about 39 hits, 31 to 230 us");
}

}  // namespace
}  // namespace flowtap::mechanism_choice_test

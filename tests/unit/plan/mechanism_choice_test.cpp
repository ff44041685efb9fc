// SPDX-License-Identifier: Apache-2.0
// The rule on interpreters that do not exist.
#include "plan/mechanism_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace flowtap::mechanism_choice_test {
namespace {

Candidate candidate(const char* mechanism, double microseconds, Exactness exactness = Exactness::kExact) {
    Candidate one;
    one.mechanism = mechanism;
    one.exactness = exactness;
    one.expected = {microseconds, microseconds, microseconds};
    return one;
}

Candidate absent(const char* mechanism) {
    Candidate one = candidate(mechanism, 0);
    one.absent = "no such function";
    return one;
}

std::string chosen(const std::vector<Candidate>& candidates, Preference preference) {
    const auto index = choose_mechanism(candidates, preference);
    return index ? candidates.at(*index).mechanism : "none";
}

TEST(MechanismChoice, TakesTheCheapestOfTheExactOnes) {
    const std::vector candidates = {candidate("dear", 30), candidate("cheap", 2), candidate("middle", 3)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), "cheap");
    EXPECT_EQ(chosen(candidates, Preference::kCheap), "cheap");
}

TEST(MechanismChoice, CountsHitsWherePricesAreNotKnown) {
    Candidate emulated = candidate("emulated", 0);
    emulated.expected = {.hits = 40, .microseconds = {}, .least_microseconds = {}, .dear_hits = 0};
    Candidate stepped = candidate("stepped", 0);
    stepped.expected = {.hits = 4, .microseconds = {}, .least_microseconds = {}, .dear_hits = 4};
    EXPECT_EQ(chosen({stepped, emulated}, Preference::kComplete), "emulated");
    Candidate fewer = emulated;
    fewer.mechanism = "fewer";
    fewer.expected.hits = 39;
    EXPECT_EQ(chosen({emulated, fewer}, Preference::kComplete), "fewer");
}

TEST(MechanismChoice, PassesOverACheaperOneThatMissesTimeUnlessThatIsPreferred) {
    const std::vector candidates = {candidate("calls", 30), candidate("variable", 2, Exactness::kCounts)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), "calls");
    EXPECT_EQ(chosen(candidates, Preference::kCheap), "variable");
}

TEST(MechanismChoice, PrefersTheExactOneWhereItIsTheCheaperOneToo) {
    const std::vector candidates = {candidate("calls", 1), candidate("variable", 2, Exactness::kCounts)};
    EXPECT_EQ(chosen(candidates, Preference::kCheap), "calls");
}

TEST(MechanismChoice, TakesNothingThatMissesExecutionsWhereSomethingElseCounts) {
    const std::vector candidates = {candidate("partial", 1, Exactness::kIncomplete), candidate("calls", 400)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), "calls");
    EXPECT_EQ(chosen(candidates, Preference::kCheap), "calls");
}

TEST(MechanismChoice, TakesWhatSeesMostWhereNothingIsExact) {
    const std::vector candidates = {candidate("partial", 1, Exactness::kIncomplete), absent("calls"),
                                    candidate("counts", 90, Exactness::kCounts)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), "counts");
    const std::vector worse = {absent("calls"), candidate("dear", 9, Exactness::kIncomplete),
                               candidate("partial", 1, Exactness::kIncomplete)};
    EXPECT_EQ(chosen(worse, Preference::kComplete), "partial");
    EXPECT_EQ(chosen(worse, Preference::kCheap), "partial");
}

TEST(MechanismChoice, TakesTheFirstOfEquallyDearOnes) {
    const std::vector candidates = {candidate("first", 2), candidate("second", 2)};
    EXPECT_EQ(chosen(candidates, Preference::kComplete), "first");
}

TEST(MechanismChoice, TakesNothingWhereAllAreAbsent) {
    EXPECT_EQ(chosen({absent("calls"), absent("variable")}, Preference::kComplete), "none");
    EXPECT_EQ(chosen({}, Preference::kCheap), "none");
}

TEST(ExpectedCosts, AreRangesWhereOnePlaceIsDearAndAnotherIsNot) {
    EXPECT_EQ(cost_text({39.2, 31.4, 31.4}), "about 39 hits, 31 us");
    EXPECT_EQ(cost_text({2.2, 1.76, 1.76}), "about 2.2 hits, 1.8 us");
    EXPECT_EQ(cost_text({39, 230, 31}), "about 39 hits, 31 to 230 us");
}

}  // namespace
}  // namespace flowtap::mechanism_choice_test

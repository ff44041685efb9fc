// SPDX-License-Identifier: Apache-2.0
#include "profile/same_meaning.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace flowtap::same_meaning_test {
namespace {

std::vector<Point> points_of(std::string_view text) {
    const LoadedProfile loaded = parse_profile(text, "p.yaml");
    if (const auto* profile = std::get_if<Profile>(&loaded)) return profile->points;
    ADD_FAILURE() << "the profile does not load";
    return std::vector<Point>(2);
}

TEST(Points, MeanTheSameWhereverTheyStand) {
    const std::vector<Point> points = points_of(kPython);
    const std::vector<Point> lower = points_of("# a comment\n" + std::string(kPython));
    ASSERT_NE(points[1].line, lower[1].line);
    EXPECT_TRUE(same_meaning(points[0], lower[0]));
    EXPECT_TRUE(same_meaning(points[1], lower[1]));
}

TEST(Points, MeanSomethingElseWithAnotherWordInThem) {
    const std::vector<Point> points = points_of(kPython);
    EXPECT_FALSE(same_meaning(points[0], points[1]));
    EXPECT_FALSE(same_meaning(points[1], points_of(with(kPython, "a.b.c.d", "a.b.c.e"))[1]));
    EXPECT_FALSE(same_meaning(points[1], points_of(with(kPython, "overrides: true", "overrides: false"))[1]));
    EXPECT_FALSE(same_meaning(points_of(kNative)[1], points_of(with(kNative, "nonzero", "negative"))[1]));
}

TEST(Profiles, MeanTheSameWhereTheyFitTheSameAndHaveTheSamePoints) {
    Profile profile;
    profile.name = "p";
    profile.modules = {"m"};
    profile.points = points_of(kPython);
    Profile other = profile;
    other.points = points_of("# a comment\n" + std::string(kPython));
    EXPECT_TRUE(same_profile(profile, other));
    other.modules = {"n"};
    EXPECT_FALSE(same_profile(profile, other));
    other = profile;
    other.points.pop_back();
    EXPECT_FALSE(same_profile(profile, other));
    other = profile;
    other.name = "q";
    EXPECT_FALSE(same_profile(profile, other));
    other = profile;
    other.made_up_names = {"run-xxxx"};
    EXPECT_FALSE(same_profile(profile, other));
    other = profile;
    other.expected_hits.add("python:raised", 12, 1);
    EXPECT_FALSE(same_profile(profile, other)) << "they may decide the choice of a mechanism";
}

}  // namespace
}  // namespace flowtap::same_meaning_test

// SPDX-License-Identifier: Apache-2.0
#include "settings/profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "files.h"
#include "profile/builtin_profiles.h"

namespace flowtap::profiles_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string profile_text(const std::string& name) {
    return "profile: " + name +
           "\nruntime: native\nbinaries: [engine]\npoints:\n"
           "  - {name: run, kind: workflow, function: engine_run}\n";
}

std::vector<std::string> names_of(const std::vector<Profile>& profiles) {
    std::vector<std::string> names;
    for (const Profile& profile : profiles) names.push_back(profile.name);
    return names;
}

class LoadedProfiles : public testing::Test {
protected:
    Files files_;
};

TEST_F(LoadedProfiles, AreTheBuiltInOnesWhereNoFileIsNamed) {
    const Result<std::vector<Profile>> profiles = load_profiles({});
    ASSERT_TRUE(profiles);
    EXPECT_EQ(names_of(*profiles), names_of(builtin_profiles()));
    EXPECT_THAT(names_of(*profiles), testing::Contains("kailash"));
}

TEST_F(LoadedProfiles, OfFilesComeBeforeTheBuiltInOnes) {
    const Result<std::vector<Profile>> profiles = load_profiles(
        {files_.put("b.yaml", profile_text("second")), files_.put("a.yaml", profile_text("first"))});
    ASSERT_TRUE(profiles) << profiles.error().message();
    ASSERT_EQ(profiles->size(), 2 + builtin_profiles().size());
    EXPECT_EQ((*profiles)[0].name, "second");
    EXPECT_EQ((*profiles)[0].source, files_.path("b.yaml"));
    EXPECT_EQ((*profiles)[1].name, "first");
    EXPECT_TRUE((*profiles)[2].is_built_in());
}

TEST_F(LoadedProfiles, OfTwoFilesCannotHaveOneName) {
    const Result<std::vector<Profile>> profiles = load_profiles(
        {files_.put("one.yaml", profile_text("mine")), files_.put("two.yaml", profile_text("mine"))});
    ASSERT_FALSE(profiles);
    EXPECT_THAT(profiles.error().message(), testing::HasSubstr(files_.path("two.yaml")));
    EXPECT_THAT(profiles.error().message(), testing::HasSubstr(files_.path("one.yaml")));
}

TEST_F(LoadedProfiles, OfAFileReplaceTheBuiltInOneOfTheSameName) {
    const Result<std::vector<Profile>> profiles =
        load_profiles({files_.put("mine.yaml", profile_text("kailash"))});
    ASSERT_TRUE(profiles) << profiles.error().message();
    EXPECT_EQ(std::ranges::count(*profiles, "kailash", &Profile::name), 1);
    EXPECT_EQ(std::ranges::find(*profiles, "kailash", &Profile::name)->source, files_.path("mine.yaml"));
    EXPECT_EQ(profiles->size(), builtin_profiles().size());
}

TEST_F(LoadedProfiles, AreRefusedWithAllThatIsWrongInEveryFile) {
    const std::string first = files_.put("first.yaml", "profile: p\nruntime: fly\n");
    const std::string good = files_.put("good.yaml", profile_text("good"));
    const std::string second = files_.put("second.yaml", profile_text("a name") + "colour: red\n");
    const Result<std::vector<Profile>> profiles =
        load_profiles({first, good, second, files_.path("absent.yaml")});
    ASSERT_FALSE(profiles);
    EXPECT_EQ(profiles.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(lines_of(profiles.error()),
                ElementsAre(HasSubstr(first + ":2"), HasSubstr(second + ":1"), HasSubstr(second + ":6"),
                            HasSubstr(files_.path("absent.yaml"))));
}

}  // namespace
}  // namespace flowtap::profiles_test

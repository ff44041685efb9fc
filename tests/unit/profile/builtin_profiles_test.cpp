// SPDX-License-Identifier: Apache-2.0
#include "profile/builtin_profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "samples.h"

namespace flowtap::builtin_profiles_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::filesystem::path kProbes = std::filesystem::path(FLOWTAP_SOURCE_DIR) / "probes";

std::vector<std::string> yaml_files() {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(kProbes)) {
        if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

TEST(BuiltinProfiles, AreAllFilesOfProbesAndEachLoads) {
    const auto files = yaml_files();
    const auto profiles = builtin_profiles();
    ASSERT_THAT(files, testing::Not(IsEmpty()));
    ASSERT_EQ(profiles.size(), files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto loaded = load_profile(files[i]);
        ASSERT_THAT(messages(loaded), IsEmpty());
        EXPECT_EQ(profiles[i].name, std::get<Profile>(loaded).name);
        EXPECT_EQ(profiles[i].points.size(), std::get<Profile>(loaded).points.size());
        EXPECT_EQ(profiles[i].source, "built-in");
    }
}

TEST(BuiltinProfiles, HaveNamesOfTheirOwn) {
    std::vector<std::string> names;
    for (const auto& profile : builtin_profiles()) names.push_back(profile.name);
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(BuiltinProfiles, KnowKailash) {
    const auto profiles = builtin_profiles();
    const auto kailash =
        std::find_if(profiles.begin(), profiles.end(), [](const Profile& p) { return p.name == "kailash"; });
    ASSERT_NE(kailash, profiles.end());
    EXPECT_THAT(kailash->modules, ElementsAre("kailash.runtime.local"));
    EXPECT_THAT(kailash->made_up_names, ElementsAre("Workflow-xxxxxxxx"));
    std::vector<std::string> names;
    for (const auto& point : kailash->points) names.push_back(point.name);
    EXPECT_THAT(names, ElementsAre("local-runtime", "async-runtime", "parallel-runtime", "cyclic-runtime",
                                   "level-runtime", "node", "async-node", "async-run"));
    const auto& node = kailash->points[5];
    EXPECT_EQ(node.function, (PythonFunction{"kailash.nodes.base", "Node.execute"}));
    EXPECT_TRUE(node.overrides);
    EXPECT_THAT(node.callers, SizeIs(10));
    EXPECT_THAT(node.carriers, SizeIs(3));
    EXPECT_EQ(kailash->expected_hits.of("python:step-entry", 11), 26);
    EXPECT_EQ(kailash->expected_hits.of("python:step-entry", 15), 3.75);
}

TEST(BuiltinProfiles, KnowDramatiq) {
    const auto profiles = builtin_profiles();
    const auto dramatiq =
        std::find_if(profiles.begin(), profiles.end(), [](const Profile& p) { return p.name == "dramatiq"; });
    ASSERT_NE(dramatiq, profiles.end());
    EXPECT_THAT(dramatiq->modules, ElementsAre("dramatiq.actor"));
    ASSERT_THAT(dramatiq->points, SizeIs(1));
    EXPECT_EQ(dramatiq->points[0].function, (PythonFunction{"dramatiq.actor", "Actor.__call__"}));
    EXPECT_EQ(dramatiq->points[0].call, CallShape::kInstance);
}

constexpr std::string_view kOneNativePoint = R"(profile: my-native-engine
runtime: native
binaries: [my-engine]
points:
)";

// The examples are what users start from. An indented one is a part of a Python node, or a native point.
TEST(ProfileDocumentation, HoldsExamplesThatLoad) {
    std::ifstream file(kProbes / "README.md");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::string open = "```yaml\n";
    int examples = 0;
    for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
        const auto begin = at + open.size();
        const auto example = text.substr(begin, text.find("```", begin) - begin);
        const bool native_point =
            example.starts_with("  - ") && example.find(": engine:") != std::string::npos;
        const std::string_view rest = native_point               ? kOneNativePoint
                                      : example.starts_with(' ') ? kPython
                                                                 : "";
        EXPECT_THAT(messages_of(std::string(rest) + example), IsEmpty()) << example;
        ++examples;
    }
    EXPECT_EQ(examples, 14);
}

}  // namespace
}  // namespace flowtap::builtin_profiles_test

// SPDX-License-Identifier: Apache-2.0
#include "python/known_version.h"

#include <gmock/gmock.h>

#include "python/versions/supported.h"

namespace flowtap::known_version_test {
namespace {

using testing::HasSubstr;

// PY_VERSION_HEX of 3.minor.micro, a final release.
std::uint32_t final_release(std::uint32_t minor, std::uint32_t micro) {
    return 3U << 24 | minor << 16 | micro << 8 | 0xf0;
}

std::string refusal(std::uint32_t hex) {
    const auto known = known_version(PythonRelease::of(hex));
    return known ? "" : known.error().message();
}

TEST(KnownVersion, IsOfEachMinorOfTheRange) {
    for (unsigned minor = kOldestPythonMinor; minor <= kNewestPythonMinor; ++minor) {
        const auto known = known_version(PythonRelease::of(final_release(minor, 2)));
        ASSERT_TRUE(known) << known.error().message();
        EXPECT_EQ((*known)->minor, minor);
    }
}

TEST(KnownVersion, NamesTheFlowtapThatANewerOneNeeds) {
    const std::string next = "3." + std::to_string(kNewestPythonMinor + 1);
    const std::string said = refusal(final_release(kNewestPythonMinor + 1, 0));
    EXPECT_THAT(said, HasSubstr("it runs CPython " + next + ".0, which is newer than this flowtap supports"));
    EXPECT_THAT(said, HasSubstr("use a flowtap that supports CPython " + next + ", or run the program on "));
    EXPECT_THAT(said, HasSubstr(supported_pythons()));
}

TEST(KnownVersion, NamesThePreReleaseAndTheReleaseThatWouldDo) {
    const std::uint32_t candidate = 3U << 24 | kNewestPythonMinor << 16 | 0xc2;
    const std::string minor = "3." + std::to_string(kNewestPythonMinor);
    EXPECT_THAT(refusal(candidate), HasSubstr("it runs CPython " + minor + ".0rc2, a pre-release"));
    EXPECT_THAT(refusal(candidate), HasSubstr("run the program on CPython " + minor + ".0 or later"));
    EXPECT_THAT(refusal((3U << 24) + ((kNewestPythonMinor + 1) << 16) + 0xa3), HasSubstr(".0a3"));
    EXPECT_THAT(refusal(3U << 24 | kOldestPythonMinor << 16 | 0xb1), HasSubstr(".0b1, a pre-release"));
}

TEST(KnownVersion, NamesTheRangeForAnOlderOne) {
    EXPECT_THAT(refusal(final_release(kOldestPythonMinor - 1, 14)),
                HasSubstr("flowtap supports " + supported_pythons()));
    EXPECT_THAT(refusal(0x020712f0), HasSubstr("CPython 2.7.18"));
}

}  // namespace
}  // namespace flowtap::known_version_test

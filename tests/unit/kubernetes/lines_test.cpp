// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace flowtap::lines_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LinesTest : public testing::Test {
protected:
    bool add(std::string_view piece) {
        return lines_.add(piece, [this](std::string_view line) {
            got_.emplace_back(line);
            return line != "last";
        });
    }

    Lines lines_{8};
    std::vector<std::string> got_;
};

TEST_F(LinesTest, AreWholeHoweverTheyArrive) {
    EXPECT_TRUE(add("on"));
    EXPECT_THAT(got_, IsEmpty());
    EXPECT_TRUE(lines_.unfinished());
    EXPECT_TRUE(add("e\ntwo\n\nth"));
    EXPECT_TRUE(add("ree\n"));
    EXPECT_THAT(got_, ElementsAre("one", "two", "three"));
    EXPECT_FALSE(lines_.unfinished());
}

TEST_F(LinesTest, HaveABound) {
    EXPECT_TRUE(add("12345678\n12345"));
    EXPECT_TRUE(add("678"));
    EXPECT_FALSE(add("9"));
    EXPECT_THAT(got_, ElementsAre("12345678"));
}

TEST_F(LinesTest, EndWhereTheReceiverStops) {
    EXPECT_FALSE(add("last\nmore\n"));
    EXPECT_THAT(got_, ElementsAre("last"));
}

}  // namespace
}  // namespace flowtap::lines_test

// SPDX-License-Identifier: Apache-2.0
#include "attach/shared_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/attach/fake_kernel.h"

namespace flowtap::shared_contents_test {
namespace {

constexpr pid_t kPid = 7;

class SharedContentsTest : public testing::Test {
protected:
    Result<SharedContents::Hold> hold(std::uint64_t content) {
        return contents_.hold(bytes_of(content), kPid);
    }

    FakeKernel kernel_;
    SharedContents contents_{kernel_, Kernel::Table::kReads, 1, 4};  // numbers 1, 2 and 3
};

TEST_F(SharedContentsTest, TheSameContentHasOneNumberAndIsWrittenOnce) {
    const auto one = hold(10);
    const auto same = hold(10);
    const auto other = hold(11);
    EXPECT_EQ(**one, 1u);
    EXPECT_EQ(**same, 1u);
    EXPECT_EQ(**other, 2u);
    EXPECT_EQ(kernel_.steps(), 2u);
}

TEST_F(SharedContentsTest, ANumberIsFreeWhenNobodyHoldsIt) {
    for (std::uint64_t content = 0; content < 100; ++content) {
        const auto held = hold(content);
        ASSERT_TRUE(held) << content;
        EXPECT_EQ(contents_.count(), 1u);
    }
    EXPECT_EQ(contents_.count(), 0u);
}

TEST_F(SharedContentsTest, HeldContentKeepsItsNumber) {
    const auto held = hold(10);
    auto again = hold(10);
    for (std::uint64_t content = 20; content < 40; ++content) EXPECT_NE(**hold(content), **held);
    again = hold(11);
    EXPECT_EQ(**hold(10), **held);
}

TEST_F(SharedContentsTest, AFullTableIsAnErrorThatNamesTheProcess) {
    const std::array held{hold(1), hold(2), hold(3)};
    const auto none = hold(4);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message(), testing::HasSubstr("process 7: table `reads`"));
    EXPECT_TRUE(hold(3));
}

TEST_F(SharedContentsTest, ContentThatCannotBeWrittenHasNoNumber) {
    kernel_.fail(0, ENOMEM);
    EXPECT_FALSE(hold(1));
    EXPECT_EQ(contents_.count(), 0u);
    EXPECT_EQ(**hold(2), 1u);
}

}  // namespace
}  // namespace flowtap::shared_contents_test

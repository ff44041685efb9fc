// SPDX-License-Identifier: Apache-2.0
#include "pipeline/known_identities.h"

#include <gtest/gtest.h>

#include <cstring>

namespace flowtap::known_identities_test {
namespace {

ft_text text(const std::string& value) {
    ft_text filled = {};
    filled.length = static_cast<__u16>(value.size());
    filled.encoding = FT_TEXT_UTF8;
    std::memcpy(filled.data, value.data(), std::min<std::size_t>(value.size(), FT_TEXT_DATA));
    return filled;
}

ft_begin begin_of(const std::string& workflow, const std::string& node) {
    ft_begin begin = {};
    begin.header.point = 7;
    begin.workflow_id = text(workflow);
    begin.node_id = text(node);
    return begin;
}

class KnownIdentitiesTest : public testing::Test {
protected:
    bool knows(const ft_begin& begin, const SharedIdentity* enclosing = nullptr) {
        const SharedIdentity* found = known_.find({begin, enclosing});
        return found != nullptr && found->address() == identity_.address();
    }
    void remember(const ft_begin& begin, const SharedIdentity* enclosing = nullptr) {
        known_.remember({begin, enclosing}, identity_);
    }

    KnownIdentities known_;
    SharedIdentity identity_ = NodeIdentity{"etl", "read", "Reader"};
};

TEST_F(KnownIdentitiesTest, FindsWhatItWasTold) {
    EXPECT_FALSE(knows(begin_of("etl", "read")));
    remember(begin_of("etl", "read"));
    EXPECT_TRUE(knows(begin_of("etl", "read")));
    known_.forget_all();
    EXPECT_FALSE(knows(begin_of("etl", "read")));
}

TEST_F(KnownIdentitiesTest, TellsApartWhatDiffersInAnyOfIt) {
    const ft_begin known = begin_of("etl", "read");
    remember(known);
    EXPECT_FALSE(knows(begin_of("etl", "rea")));
    EXPECT_FALSE(knows(begin_of("etlr", "ead"))) << "the same letters";
    ft_begin other = known;
    other.header.point = 8;
    EXPECT_FALSE(knows(other));
    for (ft_text ft_begin::*member :
         {&ft_begin::workflow_id, &ft_begin::workflow_name, &ft_begin::node_id, &ft_begin::node_type}) {
        other = known;
        (other.*member).encoding = FT_TEXT_LATIN1;
        EXPECT_FALSE(knows(other));
        other = known;
        (other.*member).flags = FT_TEXT_TRUNCATED;
        EXPECT_FALSE(knows(other));
        other = known;
        (other.*member) = text("another");
        EXPECT_FALSE(knows(other));
    }
}

TEST_F(KnownIdentitiesTest, LooksAtNothingPastATextsLength) {
    remember(begin_of("etl", "read"));
    ft_begin dirty = begin_of("etl", "read");
    dirty.workflow_id.data[3] = 'x';
    dirty.node_type.data[FT_TEXT_DATA - 1] = 'x';
    EXPECT_TRUE(knows(dirty));
}

TEST_F(KnownIdentitiesTest, TakesALengthThatIsTooLongForTheWholeText) {
    ft_begin begin = begin_of("etl", "read");
    for (ft_text ft_begin::*member :
         {&ft_begin::workflow_id, &ft_begin::workflow_name, &ft_begin::node_id, &ft_begin::node_type})
        (begin.*member).length = UINT16_MAX;
    remember(begin);
    EXPECT_TRUE(knows(begin));
}

TEST_F(KnownIdentitiesTest, AsksForTheWorkflowAroundIt) {
    const SharedIdentity outer = WorkflowIdentity{"etl"};
    const SharedIdentity other = WorkflowIdentity{"etl"};
    remember(begin_of("", "read"), &outer);
    EXPECT_TRUE(knows(begin_of("", "read"), &outer));
    EXPECT_FALSE(knows(begin_of("", "read"), &other)) << "another address";
    EXPECT_FALSE(knows(begin_of("", "read")));
}

}  // namespace
}  // namespace flowtap::known_identities_test

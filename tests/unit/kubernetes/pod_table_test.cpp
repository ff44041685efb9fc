// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/pod_table.h"

#include <gtest/gtest.h>

namespace flowtap::pod_table_test {
namespace {

Pod pod(const std::string& uid, const std::string& name = "worker-0") { return {uid, {"team-a", name}}; }

std::string name_in(const PodTable& table, const std::string& uid) {
    const PodName* found = table.find(uid);
    return found == nullptr ? "" : found->namespace_name + "/" + found->name;
}

TEST(PodTable, NamesPodsByTheirUid) {
    PodTable table;
    EXPECT_TRUE(table.put(pod("u1", "worker-0")));
    EXPECT_TRUE(table.put(pod("u2", "worker-1")));
    EXPECT_EQ(name_in(table, "u1"), "team-a/worker-0");
    EXPECT_EQ(name_in(table, "u2"), "team-a/worker-1");
    EXPECT_EQ(table.find("u3"), nullptr);
    EXPECT_EQ(table.size(), 2U);
}

TEST(PodTable, StillKnowsAPodThatIsGone) {
    PodTable table;
    table.put(pod("u1"));
    table.remove("u1");
    table.remove("u1");
    table.remove("never-there");
    EXPECT_EQ(name_in(table, "u1"), "team-a/worker-0");
    EXPECT_EQ(table.size(), 0U);
    table.put(pod("u1"));
    EXPECT_EQ(table.size(), 1U);
}

TEST(PodTable, AListReplacesThePods) {
    PodTable table;
    table.put(pod("u1", "old"));
    table.put(pod("u2", "stays"));
    table.replace({pod("u2", "stays"), pod("u3", "new")});
    EXPECT_EQ(table.size(), 2U);
    EXPECT_EQ(name_in(table, "u1"), "team-a/old") << "gone, not forgotten";
    EXPECT_EQ(name_in(table, "u3"), "team-a/new");
}

TEST(PodTable, IsBounded) {
    PodTable table;
    for (std::size_t i = 0; i < PodTable::kMost; ++i) ASSERT_TRUE(table.put(pod(std::to_string(i))));
    EXPECT_FALSE(table.put(pod("one more")));
    EXPECT_EQ(table.find("one more"), nullptr);
    EXPECT_TRUE(table.put(pod("0", "renamed"))) << "it has its place";
    table.remove("1");
    EXPECT_TRUE(table.put(pod("one more")));
}

TEST(PodTable, ForgetsThoseThatAreGoneTheEarliestFirst) {
    PodTable table;
    for (std::size_t i = 0; i <= PodTable::kMostGone; ++i) {
        table.put(pod(std::to_string(i)));
        table.remove(std::to_string(i));
    }
    EXPECT_EQ(table.find("0"), nullptr);
    EXPECT_NE(table.find("1"), nullptr);
    EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace flowtap::pod_table_test

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/seen_executions.h"

#include <gtest/gtest.h>

#include <vector>

namespace flowtap::test::seen_executions_test {
namespace {

Started started(std::uint32_t tgid, std::uint64_t key) {
    Started outcome;
    outcome.tgid = tgid;
    outcome.key = key;
    return outcome;
}

Ended ended(std::uint32_t tgid, std::uint64_t key) {
    Ended outcome;
    outcome.tgid = tgid;
    outcome.key = key;
    return outcome;
}

TEST(SeenExecutions, AreThoseThatBeganOrEndedInTheProcess) {
    const std::vector<Outcome> outcomes = {started(7, 0x10), ended(7, 0x20), started(8, 0x30), ended(8, 0x40),
                                           Unpaired{}};
    EXPECT_EQ(seen_executions(outcomes, 7), (std::set<std::uint64_t>{0x10, 0x20}));
    EXPECT_TRUE(seen_executions({}, 7).empty());
}

}  // namespace
}  // namespace flowtap::test::seen_executions_test

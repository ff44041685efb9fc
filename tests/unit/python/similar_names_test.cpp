// SPDX-License-Identifier: Apache-2.0
#include "python/similar_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowtap::similar_names_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kNames = {"run_job", "run_jobs", "rerun", "Worker", "run_job", "close"};

TEST(SimilarNames, AreAFewLettersApartTheNearestFirst) {
    EXPECT_THAT(similar_names("run_jobb", kNames), ElementsAre("run_job", "run_jobs"));
    EXPECT_THAT(similar_names("wroker", kNames), ElementsAre("Worker"));
    EXPECT_THAT(similar_names("clsoe", kNames), ElementsAre("close"));
    EXPECT_THAT(similar_names("something", kNames), IsEmpty());
    EXPECT_THAT(similar_names("", kNames), IsEmpty());
    EXPECT_THAT(similar_names(std::string(100000, 'x'), kNames), IsEmpty());
}

TEST(SimilarNames, AreSuggestedInWords) {
    EXPECT_EQ(suggestion("run_jobb", kNames), "; is it run_job or run_jobs?");
    EXPECT_EQ(suggestion("something", kNames), "");
}

}  // namespace
}  // namespace flowtap::similar_names_test

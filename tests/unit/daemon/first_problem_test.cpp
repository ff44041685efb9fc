// SPDX-License-Identifier: Apache-2.0
#include "daemon/first_problem.h"

#include <gtest/gtest.h>

#include "profile/profile_loader.h"

namespace flowtap::first_problem_test {
namespace {

std::string of_profile(const std::string& text) {
    const auto loaded = parse_profile(text, "p.yaml");
    const auto* errors = std::get_if<LoadErrors>(&loaded);
    return errors == nullptr ? "good" : first_problem(to_error(*errors));
}

TEST(FirstProblem, IsFollowedByTheNumberOfOthers) {
    const std::string text = "profile: p\nruntime: native\nbinaries: [b]\npoints:\n";
    EXPECT_EQ(of_profile(text + "  - {name: n, kind: node}\n"),
              "load profile p.yaml:5: point \"n\": missing key \"function\" (add it)");
    EXPECT_EQ(
        of_profile(text + "  - {name: n, kind: node}\n  - {name: m, kind: node}\n"),
        "load profile p.yaml:5: point \"n\": missing key \"function\" (add it); and 1 more: see flowtap run "
        "--check");
}

}  // namespace
}  // namespace flowtap::first_problem_test

// SPDX-License-Identifier: Apache-2.0
#include "daemon/collector.h"

#include <gtest/gtest.h>

namespace flowtap::collector_test {
namespace {

TEST(Collector, IsNotMadeWhereNothingIsKnownToWork) {
    Metrics metrics{MetricsConfig{"1"}};
    PlanSettings settings;
    settings.machine.untried = "the self-test's process did not answer";
    const auto collector = Collector::make({}, {}, metrics, settings);
    ASSERT_FALSE(collector);
    const std::string said = collector.error().message();
    if (said.starts_with("load BPF")) GTEST_SKIP() << "missing: " << said;
    EXPECT_EQ(said,
              "try this machine's mechanisms: the self-test's process did not answer (see flowtap check)");
    EXPECT_EQ(collector.error().kind, Error::Kind::kEnvironment);
}

}  // namespace
}  // namespace flowtap::collector_test

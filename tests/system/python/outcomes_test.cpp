// SPDX-License-Identifier: Apache-2.0
// Executions that no exception leaves, and that fail all the same (tests/outcomes).
#include <array>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::outcomes_test {
namespace {

const std::string kOutcomes = std::string(kTestsDirectory) + "/outcomes/";

class OutcomesTest : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && GetParam().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    }
    static Workload started() { return Workload({GetParam(), "-B", kOutcomes + "workload.py"}); }
};

double nodes(const Exposition& metrics, const std::string& type, const std::string& status) {
    return metrics.sum("workflow_node_executions_total", {{"node_type", type}, {"status", status}});
}

double errors(const Exposition& metrics, const std::string& error) {
    return metrics.sum("workflow_errors_total", {{"error_type", error}});
}

TEST_P(OutcomesTest, ComeFromTheReturnedValue) {
    Workload workload = started();
    FlowtapDaemon flowtap({"--profile", kOutcomes + "profile.yaml", "--pid", workload.pid_text()});
    workload.run_round();
    const Exposition metrics = flowtap.scrape();
    struct Kind {
        const char* type;
        const char* error;
    };
    for (const Kind& kind : std::array<Kind, 3>{{{"returns_items", "state=FAILURE"},
                                                 {"returns_constant", "result=False"},
                                                 {"Nodes", "success=False"}}}) {
        const int points = kind.type == std::string("Nodes") ? 3 : 1;
        EXPECT_EQ(nodes(metrics, kind.type, "started"), 30 * points) << kind.type;
        EXPECT_EQ(errors(metrics, kind.error), 10) << kind.error;
    }
    EXPECT_EQ(nodes(metrics, "returns_items", "failed"), 10);
    EXPECT_EQ(nodes(metrics, "returns_constant", "failed"), 10);
    // `run` fails by its dict and `__call__` by None; a Retry is a success, and a ValueError a cancellation.
    EXPECT_EQ(nodes(metrics, "Nodes", "failed"), 20);
    EXPECT_EQ(nodes(metrics, "Nodes", "cancelled"), 10);
    EXPECT_EQ(nodes(metrics, "Nodes", "success"), 60);
    EXPECT_EQ(errors(metrics, "result=None"), 10);
    EXPECT_EQ(errors(metrics, "Retry"), 0);
    EXPECT_EQ(metrics.sum("workflow_executions_total", {{"status", "failed"}}), 10);
    EXPECT_EQ(errors(metrics, "is_err=True"), 10);
    EXPECT_EQ(metrics.sum("flowtap_probe_ids_unreadable_total"), 0);
    EXPECT_EQ(unpaired_executions(metrics), 0);
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_EQ(workload.leave(), 0);
}

// Before 3.12 the frame is gone where a coroutine's last step ends: that is said, and nothing is made up.
TEST_P(OutcomesTest, ComeFromALocalWhileTheFrameExists) {
    Workload workload = started();
    FlowtapDaemon flowtap({"--profile", kOutcomes + "local.yaml", "--pid", workload.pid_text()});
    workload.run_round();
    const Exposition metrics = flowtap.scrape();
    EXPECT_EQ(nodes(metrics, "keeps_state", "started"), 30);
    const double inexact = metrics.sum("flowtap_points", {{"state", "inexact"}});
    EXPECT_EQ(nodes(metrics, "keeps_state", "failed"), inexact == 0 ? 10 : 0);
    EXPECT_EQ(errors(metrics, "state=FAILURE"), inexact == 0 ? 10 : 0);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, OutcomesTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });
INSTANTIATE_TEST_SUITE_P(Others, OutcomesTest, testing::ValuesIn(other_interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });

}  // namespace
}  // namespace flowtap::system_test::outcomes_test

// SPDX-License-Identifier: Apache-2.0
// CPython's own tests, alone and watched: each has the same outcome.
#include <algorithm>
#include <csignal>

#include "compared.h"
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "ledger.h"
#include "paths.h"
#include "system_test.h"

namespace flowtap::system_test::cpython_suite_test {
namespace {

// What probes touch: generators, coroutines, contexts, exceptions on their way, frames.
const std::vector<std::string> kModules = {"test_generators", "test_coroutines", "test_asyncgen",
                                           "test_yield_from", "test_context",    "test_contextlib",
                                           "test_with",       "test_raise",      "test_frame"};

class CPythonSuiteTest : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && GetParam().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    }
    static std::vector<std::string> suite() {
        std::vector<std::string> command = {
            GetParam(), "-B", std::string(kTestsDirectory) + "/cpython/suite.py", kPackagesDirectory};
        command.insert(command.end(), kModules.begin(), kModules.end());
        return command;
    }
    struct Outcomes {
        std::vector<std::string> tests;  // "test.test_x.Class.test_y passed"
    };
    static Outcomes outcomes_of(Child& python) {
        Outcomes outcomes;
        python.send_line("go");
        for (std::string line = python.next_line(); !line.starts_with("ran "); line = python.next_line())
            outcomes.tests.push_back(line);
        EXPECT_EQ(python.wait(), 0);
        return outcomes;
    }
};

TEST_P(CPythonSuiteTest, HasTheSameOutcomesAloneAndWatched) {
    Child alone(suite());
    if (const std::string said = alone.next_line(); said != "ready") GTEST_SKIP() << said;
    Child watched(suite());
    ASSERT_EQ(watched.next_line(), "ready");
    FlowtapDaemon flowtap({"--profile", std::string(kTestsDirectory) + "/cpython/suite.yaml", "--pid",
                           std::to_string(watched.pid()), "--max-overhead", "off"});
    const Outcomes expected = outcomes_of(alone);
    EXPECT_GT(expected.tests.size(), 100U);
    const Outcomes found = outcomes_of(watched);
    EXPECT_EQ(found.tests, expected.tests);
    print_times("suite of " + GetParam(), alone, watched);

    const Exposition metrics = flowtap.scrape();
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_GE(metrics.sum("workflow_executions_total", {{"status", "started"}}),
              static_cast<double>(expected.tests.size()))
        << flowtap.child().errors();
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

INSTANTIATE_TEST_SUITE_P(Interpreters, CPythonSuiteTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) {
                             std::string name = info.param.empty() ? "none" : info.param;
                             std::replace_if(
                                 name.begin(), name.end(),
                                 [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; },
                                 '_');
                             return name;
                         });

}  // namespace
}  // namespace flowtap::system_test::cpython_suite_test

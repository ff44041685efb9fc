// SPDX-License-Identifier: Apache-2.0
// An engine in Rust, as rustc makes it: tests/native/engine.rs.
#include <csignal>
#include <cstdlib>
#include <ostream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::rust_test {
namespace {

struct Build {
    const char* name;
    const char* flags;
    const char* profile = "engine_rs_by_name.yaml";

    friend std::ostream& operator<<(std::ostream& out, const Build& build) { return out << build.name; }
};

constexpr const char* kByPosition = "engine_rs.yaml";

const Build kBuilds[] = {
    {"optimised", "-O", kByPosition},
    {"optimised_v0", "-O -C symbol-mangling-version=v0", kByPosition},
    {"optimised_by_name", "-O -g"},
    {"optimised_by_name_v0", "-O -g -C symbol-mangling-version=v0"},
    {"debug", "-g"},
    {"debug_v0", "-g -C symbol-mangling-version=v0"},
    {"debug_by_position", "", kByPosition},
};

class RustEngine : public SystemTest {
protected:
    void build(const Build& build) {
        if (IsSkipped()) return;
        if (std::system("rustc --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "missing: rustc";
        const std::string native = std::string(kTestsDirectory) + "/native/";
        profile_ = native + build.profile;
        const std::string command = "rustc --edition 2021 --crate-name engine " + std::string(build.flags) +
                                    " -o " + directory_.text() + "/engine_rs " + native + "engine.rs";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }

    [[nodiscard]] std::vector<std::string> program() const { return {directory_ / "engine_rs"}; }
    [[nodiscard]] std::vector<std::string> watch(const Workload& workload) const {
        return {"--profile", profile_, "--pid", workload.pid_text()};
    }

    TemporaryDirectory directory_;
    std::string profile_;
};

class RustEngineBuilt : public RustEngine, public testing::WithParamInterface<Build> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        build(GetParam());
    }
};

TEST_P(RustEngineBuilt, MatchesItsOwnCounts) {
    Workload unwatched(program());
    const Ledger alone = unwatched.run_round();
    EXPECT_EQ(unwatched.leave(), 0);

    Workload workload(program());
    FlowtapDaemon flowtap(watch(workload));
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(same_counts(ledger, alone)) << "the probes changed what the program does";
    const Exposition metrics = flowtap.scrape_at_rest();
    EXPECT_TRUE(agrees(metrics, ledger));
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Builds, RustEngineBuilt, testing::ValuesIn(kBuilds),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(RustEngine, APanicThatAbortsEndsWhatWasOpen) {
    build({"", "-O -C panic=abort", kByPosition});
    if (IsSkipped()) return;
    Workload workload(program());
    FlowtapDaemon flowtap(watch(workload));
    workload.start_round();
    EXPECT_TRUE(workload.child().wait());
    EXPECT_TRUE(eventually([&] { return flowtap.scrape().sum("active_workflows") == 0; }));
    const Exposition metrics = flowtap.scrape();
    EXPECT_EQ(metrics.sum("workflow_executions_total", {{"workflow_id", "steps"}, {"status", "success"}}), 1);
    EXPECT_EQ(metrics.sum("workflow_executions_total", {{"workflow_id", "nodes"}, {"status", "aborted"}}), 1);
    EXPECT_EQ(metrics.sum("workflow_node_executions_total", {{"node_id", "panics"}, {"status", "aborted"}}),
              1);
    EXPECT_TRUE(identity_holds(metrics));
}

}  // namespace
}  // namespace flowtap::system_test::rust_test

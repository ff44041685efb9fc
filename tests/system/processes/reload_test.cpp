// SPDX-License-Identifier: Apache-2.0
// The configuration changes under a running daemon.
#include <algorithm>
#include <csignal>
#include <ctime>
#include <fstream>
#include <sstream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "probed_bytes.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::reload_test {
namespace {

constexpr const char* kReloaded = "flowtap: reloaded the configuration\n";
constexpr const char* kKept = "flowtap: reload failed, the configuration is unchanged: ";
constexpr const char* kSuccess = "flowtap_config_last_reload_successful";
constexpr const char* kSuccessTime = "flowtap_config_last_reload_success_timestamp_seconds";

class ReloadTest : public SystemTest {
protected:
    static Workload::Options engine(const std::string& workflow_runs) {
        return {kEngineC, "--runs", workflow_runs, "--nodes", "3", "--fail-every", "4"};
    }
    static std::string profile_text() {
        std::ifstream file(kEngineCProfile);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void write(const std::string& name, const std::string& text) const {
        EXPECT_NE(directory_.write(name, text), "");
    }
    // Of processes with the profile beside it.
    std::string config(const std::vector<const Workload*>& workloads, const std::string& more = {}) {
        std::string text = "profile: profile.yaml\npid:\n";
        for (const Workload* workload : workloads) text += "  - " + workload->pid_text() + "\n";
        return directory_.write("config.yaml", text + more);
    }
    // SIGHUP, until flowtap has said what became of it; what it said.
    static std::string reload(FlowtapDaemon& flowtap) {
        const std::size_t before = flowtap.child().errors().size();
        flowtap.child().signal(SIGHUP);
        std::string said;
        EXPECT_TRUE(eventually([&] {
            said = flowtap.child().errors().substr(before);
            return said.find(kReloaded) != std::string::npos || said.find(kKept) != std::string::npos;
        })) << said;
        return said;
    }

    TemporaryDirectory directory_;
    std::string profile_ = directory_.write("profile.yaml", profile_text());
};

TEST_F(ReloadTest, TheDaemonTakesAGoodFileAndKeepsTheOldOneBeforeABadOne) {
    Workload first(engine("5"));
    Workload second(engine("7"));
    const std::string file = config({&first});
    const auto began = static_cast<double>(std::time(nullptr));
    FlowtapDaemon flowtap({"--config", file});
    const Exposition start = flowtap.scrape();
    EXPECT_EQ(start.sum(kSuccess), 1);
    EXPECT_GE(start.sum(kSuccessTime), began);
    EXPECT_EQ(start.sum("flowtap_targets", {{"state", "attached"}}), 1);

    config({&first, &second});
    EXPECT_NE(reload(flowtap).find(kReloaded), std::string::npos);
    const Exposition both = flowtap.scrape();
    EXPECT_EQ(both.sum("flowtap_targets", {{"state", "attached"}}), 2);
    EXPECT_GT(both.sum(kSuccessTime), start.sum(kSuccessTime));
    const Ledger of_first = first.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), of_first));

    write("config.yaml", "pid: ten\nfly: 1\n");
    const std::string said = reload(flowtap);
    EXPECT_TRUE(said.starts_with(kKept)) << said;
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
    EXPECT_NE(said.find(file + ":1: key \"pid\": \"ten\""), std::string::npos) << said;
    EXPECT_NE(said.find("and 1 more"), std::string::npos) << said;
    const Exposition kept = flowtap.scrape();
    EXPECT_EQ(kept.sum(kSuccess), 0);
    EXPECT_EQ(kept.sum(kSuccessTime), both.sum(kSuccessTime));
    const Exposition before = flowtap.scrape_at_rest();
    const Ledger of_second = second.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest().since(before), of_second));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

TEST_F(ReloadTest, AProcessThatIsNotNamedAnyMoreGetsItsBytesBack) {
    Workload kept(engine("5"));
    Workload dropped(engine("5"));
    const std::set<std::uint64_t> addresses = planned_addresses(dropped.pid(), {"--profile", profile_});
    const CodeBytes original = code_bytes(dropped.pid(), addresses);
    FlowtapDaemon flowtap({"--config", config({&kept, &dropped})});
    ASSERT_EQ(code_bytes(dropped.pid(), addresses), breakpoints_at(addresses));

    config({&kept});
    EXPECT_NE(reload(flowtap).find("detached from process " + dropped.pid_text() +
                                   ": the configuration no longer selects it"),
              std::string::npos);
    EXPECT_TRUE(eventually([&] { return code_bytes(dropped.pid(), addresses) == original; }));
    dropped.run_round();
    const Ledger of_kept = kept.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), of_kept));
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 1);
}

TEST_F(ReloadTest, AnotherAddressIsNamedAndNotTaken) {
    Workload workload(engine("1"));
    // The daemon's own --listen would go before the file's.
    const std::string file = config({&workload}, "listen: 127.0.0.1:0\n");
    FlowtapDaemon flowtap({"--config", file}, FlowtapDaemon::Listen::kAsConfigured);
    EXPECT_EQ(reload(flowtap), kReloaded) << "unchanged";
    config({&workload}, "listen: 127.0.0.1:1\n");
    EXPECT_NE(reload(flowtap).find("flowtap: listen keeps its old value: restart flowtap to change it"),
              std::string::npos);
    EXPECT_EQ(flowtap.scrape().sum(kSuccess), 1);
}

TEST_F(ReloadTest, AnotherLimitOfSeriesIsTakenForNewOnes) {
    Workload workload(engine("5"));
    FlowtapDaemon flowtap({"--config", config({&workload}, "series-limit: 1\n")});
    workload.run_round();
    const Exposition start = flowtap.scrape();
    EXPECT_GT(start.sum("flowtap_series_overflow_total"), 0);
    config({&workload}, "series-limit: 100\n");
    EXPECT_EQ(reload(flowtap), kReloaded);
    workload.run_round();
    const Exposition since = flowtap.scrape().since(start);
    EXPECT_EQ(since.sum("flowtap_series_overflow_total"), 0);
    EXPECT_EQ(since.sum("workflow_node_executions_total", {{"node_id", "_other"}}), 0);
    EXPECT_GT(since.sum("workflow_node_executions_total"), 0);
    EXPECT_TRUE(identity_holds(flowtap.scrape()));
}

// What was under way is let go with the old probes, and said to be.
TEST_F(ReloadTest, AChangedProfileIsTakenByAttachingAnew) {
    Workload workload({kEngineC, "--runs", "3", "--hold"});
    FlowtapDaemon flowtap({"--config", config({&workload})});
    workload.run_until_held();
    ASSERT_EQ(flowtap.scrape().sum("active_workflows"), 1);

    write("profile.yaml", "# of the same meaning\n" + profile_text());
    EXPECT_EQ(reload(flowtap), kReloaded);
    EXPECT_EQ(flowtap.scrape().sum("active_workflows"), 1);

    std::string changed = profile_text();
    changed.replace(changed.find("    node_id: arg1 cstring\n"), 26, "");
    write("profile.yaml", changed);
    EXPECT_NE(reload(flowtap).find("the configuration changed its points: attaching again"),
              std::string::npos);
    EXPECT_TRUE(eventually([&] {
        return flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}) == 1;
    }));
    const Exposition before = flowtap.scrape();
    EXPECT_EQ(before.sum("active_workflows"), 0);
    EXPECT_EQ(before.sum("flowtap_executions_unpaired_total", {{"reason", "left_at_detach"}}), 2);
    EXPECT_TRUE(identity_holds(before));

    workload.release();
    workload.report();
    workload.run_until_held();
    workload.release();
    workload.report();
    EXPECT_GT(flowtap.scrape().since(before).sum("workflow_node_executions_total", {{"node_id", "run_node"}}),
              0);
    EXPECT_EQ(flowtap.scrape().sum("active_workflows"), 0);
}

}  // namespace
}  // namespace flowtap::system_test::reload_test

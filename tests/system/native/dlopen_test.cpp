// SPDX-License-Identifier: Apache-2.0
// Libraries that a native engine loads after flowtap attached.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <tuple>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::dlopen_test {
namespace {

constexpr const char* kProfile = R"(profile: host
runtime: native
binaries: [engine_host, libplugin.so]
points:
  - name: plugin
    kind: node
    function: plugin_run
    workflow_id: arg0 cstring
    node_id: arg1 cstring
    failed_when: nonzero
)";

constexpr const char* kPlugin = R"(
    volatile int sink;
    int plugin_run(const char* workflow, const char* node) { sink = workflow[0] + node[0]; return sink == 0; }
)";

class LoadedLater : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (std::system("command -v cc >/dev/null") != 0) GTEST_SKIP() << "missing: cc";
        const std::string sources = std::string(kTestsDirectory) + "/native/";
        std::ignore = directory_.write("plugin.c", kPlugin);
        const std::string command = "cd " + directory_.text() + " && cc -w -O2 -pthread -o engine_host " +
                                    sources + "engine_host.c " + sources + "harness.c " + sources +
                                    "ledger.c -ldl && cc -O2 -fPIC -shared -o built.so plugin.c";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
        ::setenv("ENGINE_PLUGIN", plugin().c_str(), 1);
    }

    [[nodiscard]] std::string plugin() const { return directory_ / "libplugin.so"; }

    // Rounds until flowtap sees the calls; then one that must be seen whole.
    static void expect_counted(Workload& workload, const FlowtapDaemon& flowtap) {
        const Labels entry = {{"probe", "plugin:entry"}};
        const double before = flowtap.scrape().sum("flowtap_probe_hits_total", entry);
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (flowtap.scrape().sum("flowtap_probe_hits_total", entry) <= before) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << "the library is never seen";
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            workload.run_round();
        }
        workload.reset();
        const Exposition earlier = flowtap.scrape_at_rest();
        const Ledger ledger = workload.run_round();
        EXPECT_TRUE(agrees(flowtap.scrape_at_rest().since(earlier), ledger));
    }

    TemporaryDirectory directory_;
};

TEST_F(LoadedLater, LibrariesAreObservedWhenLoadedAgainElsewhere) {
    Workload workload({directory_ / "engine_host", "--runs", "50"});
    FlowtapDaemon flowtap({"--profile", directory_.write("p.yaml", kProfile), "--pid", workload.pid_text()});
    EXPECT_FALSE(flowtap.scrape().has("flowtap_probe_hits_total", {{"probe", "plugin:entry"}}));
    std::filesystem::rename(directory_ / "built.so", plugin());
    expect_counted(workload, flowtap);
    std::ignore = directory_.write("libplugin.so.reload", "");
    expect_counted(workload, flowtap);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

// Not even a candidate that was watched for something else: no profile names its program.
TEST_F(LoadedLater, AProcessBecomesATargetByTheLibraryItLoads) {
    std::string profile = kProfile;
    profile.replace(profile.find("engine_host, "), 13, "");
    FlowtapDaemon flowtap(
        {"--profile", directory_.write("p.yaml", profile), "--match", directory_ / "engine_host"});
    Workload workload({directory_ / "engine_host", "--runs", "50"});
    // Tries again and again, with pauses that double: what follows must not have to wait for the next.
    std::this_thread::sleep_for(std::chrono::seconds(2));
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 0);
    std::filesystem::rename(directory_ / "built.so", plugin());
    workload.run_round();
    const auto loaded = std::chrono::steady_clock::now();
    const std::string attached = "attached to process " + workload.pid_text();
    ASSERT_TRUE(eventually([&] { return flowtap.child().errors().find(attached) != std::string::npos; }))
        << flowtap.child().errors();
    const std::chrono::duration<double, std::milli> found = std::chrono::steady_clock::now() - loaded;
    RecordProperty("found_after_ms", std::to_string(found.count()));
    expect_counted(workload, flowtap);
}

}  // namespace
}  // namespace flowtap::system_test::dlopen_test

// SPDX-License-Identifier: Apache-2.0
// Static markers (USDT): as sys/sdt.h makes them, by hand, with semaphores, on nops of either length.
#include <csignal>
#include <cstdlib>
#include <ostream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::markers_test {
namespace {

struct Build {
    const char* name;
    const char* flags;
    bool needs_header = false;

    friend std::ostream& operator<<(std::ostream& out, const Build& build) { return out << build.name; }
};

constexpr const char* kNop5 = "-DMARKER_NOP='\".byte 0x0f,0x1f,0x44,0,0\"'";

const Build kBuilds[] = {
    {"by_hand_O0", "g++ -O0"},
    {"by_hand_O2", "g++ -O2"},
    {"by_hand_clang", "clang++ -O2"},
    {"with_semaphores", "g++ -O2 -DMARKERS_WITH_SEMAPHORES"},
    {"sdt_header", "g++ -O2 -DMARKERS_BY_SYSTEMTAP", true},
    {"sdt_header_with_semaphores", "g++ -O2 -no-pie -DMARKERS_BY_SYSTEMTAP -DMARKERS_WITH_SEMAPHORES", true},
};

class Markers : public SystemTest {
protected:
    void build(const Build& build) {
        if (IsSkipped()) return;
        const std::string compiler = std::string(build.flags).substr(0, std::string(build.flags).find(' '));
        if (std::system(("command -v cc " + compiler + " >/dev/null").c_str()) != 0)
            GTEST_SKIP() << "missing: cc or " << compiler;
        if (build.needs_header &&
            std::system("echo '#include <sys/sdt.h>' | cc -fsyntax-only -x c - 2>/dev/null") != 0)
            GTEST_SKIP() << "missing: sys/sdt.h (systemtap-sdt-dev)";
        const std::string sources = std::string(kTestsDirectory) + "/native/";
        const std::string command = "cd " + directory_.text() + " && cc -O2 -c " + sources + "harness.c " +
                                    sources + "ledger.c && " + build.flags +
                                    " -w -std=c++20 -pthread -o engine_markers " + sources +
                                    "engine_markers.cpp harness.o ledger.o";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }

    [[nodiscard]] std::vector<std::string> program() const { return {directory_ / "engine_markers"}; }
    static std::vector<std::string> watch(const Workload& workload) {
        return {"--profile", std::string(kTestsDirectory) + "/native/engine_markers.yaml", "--pid",
                workload.pid_text()};
    }

    TemporaryDirectory directory_;
};

class MarkersBuilt : public Markers, public testing::WithParamInterface<Build> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        build(GetParam());
    }
};

TEST_P(MarkersBuilt, AreCountedAsTheProgramCounts) {
    std::vector<std::string> command = program();
    command.insert(command.end(), {"--runs", "40", "--threads", "3", "--nodes", "3", "--fail-every", "5"});
    Workload workload(command);
    FlowtapDaemon flowtap(watch(workload));
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Builds, MarkersBuilt, testing::ValuesIn(kBuilds),
                         [](const auto& info) { return std::string(info.param.name); });

// The kernel's own count, so that it goes back even if flowtap is killed.
TEST_F(Markers, SemaphoresAreRaisedOnlyWhileFlowtapListens) {
    build({"", "g++ -O2 -DMARKERS_WITH_SEMAPHORES"});
    if (IsSkipped()) return;
    std::vector<std::string> command = program();
    command.insert(command.end(), {"--runs", "1", "--hold"});
    Workload workload(command);
    const auto listeners = [&] {
        const std::size_t before = workload.child().errors().size();
        workload.run_until_held();
        workload.release();
        workload.report();
        return workload.child().errors().substr(before);
    };
    EXPECT_EQ(listeners(), "listeners 0\n");
    FlowtapDaemon flowtap(watch(workload));
    EXPECT_EQ(listeners(), "listeners 1\n");
    flowtap.child().signal(SIGKILL);
    EXPECT_TRUE(flowtap.child().wait());
    EXPECT_TRUE(eventually([&] { return listeners() == "listeners 0\n"; }));
    EXPECT_EQ(workload.leave(), 0);
}

// Some kernels would turn such a nop into a call, which overwrites what marked_leaf() keeps; it checks that
// itself.
TEST_F(Markers, OnFiveByteNopsDoNoHarm) {
    build({"", ("g++ -O2 " + std::string(kNop5)).c_str()});
    if (IsSkipped()) return;
    std::vector<std::string> command = program();
    command.insert(command.end(), {"--runs", "200", "--nodes", "3"});
    Workload workload(command);
    FlowtapDaemon flowtap(watch(workload));
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

}  // namespace
}  // namespace flowtap::system_test::markers_test

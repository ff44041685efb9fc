// SPDX-License-Identifier: Apache-2.0
// A library that is overwritten in place (not replaced) while a target has it mapped. The kernel lets that
// happen, and looks only at the file when it places a probe.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/fd.h"
#include "flowtap_daemon.h"
#include "ledger.h"
#include "paths.h"
#include "probed_bytes.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::overwritten_test {
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

// The same function at the same place, made of other instructions, with nothing for the dynamic linker to
// fill in, which would be lost: it may be exchanged under who calls it. Most libraries may not, with flowtap
// or without.
constexpr const char* kPlugin = R"(
    static volatile int sink;
    #ifdef NEWER
    int plugin_run(const char* workflow, const char* node) {
        for (int i = 3; i > 0; --i) sink = workflow[0] * i + node[0];
        return sink == 0;
    }
    #else
    int plugin_run(const char* workflow, const char* node) { sink = workflow[0] + node[0]; return sink == 0; }
    #endif
)";

constexpr std::uint8_t kBreakpoint = 0xcc;

enum class Way { kCutFirst, kOver };  // as cp does it; as rsync --inplace does

class Overwritten : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (std::system("command -v cc >/dev/null") != 0) GTEST_SKIP() << "missing: cc";
        const std::string sources = std::string(kTestsDirectory) + "/native/";
        std::ignore = directory_.write("plugin.c", kPlugin);
        const std::string command = "cd " + directory_.text() + " && cc -w -O2 -pthread -o engine_host " +
                                    sources + "engine_host.c " + sources + "harness.c " + sources +
                                    "ledger.c -ldl && cc -O2 -fPIC -shared -o libplugin.so plugin.c && "
                                    "cc -O2 -fPIC -shared -DNEWER -o newer.so plugin.c";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
        ::setenv("ENGINE_PLUGIN", library().c_str(), 1);
        profile_ = directory_.write("p.yaml", kProfile);
        target_.emplace(std::vector<std::string>{directory_ / "engine_host", "--runs", "20"});
        twin_.emplace(std::vector<std::string>{directory_ / "engine_host", "--runs", "20"});
        for (Workload* one : {&*target_, &*twin_}) one->run_round();  // loads it
    }

    [[nodiscard]] std::string library() const { return directory_ / "libplugin.so"; }

    void overwrite(Way way) const {
        std::ifstream file(directory_ / "newer.so", std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        const Fd over(::open(library().c_str(), O_WRONLY | (way == Way::kCutFirst ? O_TRUNC : 0)));
        ASSERT_EQ(::write(over.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }

    [[nodiscard]] std::set<std::uint64_t> probes() const {
        return planned_addresses(target_->pid(), {"--profile", profile_});
    }
    [[nodiscard]] CodeBytes bytes(const std::set<std::uint64_t>& addresses) const {
        return code_bytes(target_->pid(), addresses);
    }
    void start_flowtap() {
        flowtap_.emplace(std::vector<std::string>{"--profile", profile_, "--pid", target_->pid_text()});
    }
    void expect_next_round_counted() {
        target_->reset();
        const Exposition earlier = flowtap_->scrape_at_rest();
        const Ledger ledger = target_->run_round();
        EXPECT_TRUE(agrees(flowtap_->scrape_at_rest().since(earlier), ledger)) << flowtap_->child().errors();
    }

    // It lives on, and ends as the one that nobody watches does: badly, where what the dynamic linker had
    // filled in is lost.
    void expect_the_same_end() {
        target_->reset();
        twin_->reset();
        EXPECT_TRUE(same_counts(target_->run_round(), twin_->run_round()));
        EXPECT_EQ(target_->leave(), twin_->leave());
    }

    TemporaryDirectory directory_;
    std::string profile_;
    std::optional<Workload> target_;
    std::optional<Workload> twin_;  // unwatched
    std::optional<FlowtapDaemon> flowtap_;
};

TEST_F(Overwritten, BeforeTheAttachItIsTheNewCodeThatIsObserved) {
    for (const Way way : {Way::kCutFirst, Way::kOver}) {
        overwrite(way);
        start_flowtap();
        expect_next_round_counted();
        EXPECT_EQ(flowtap_->stop(SIGTERM), 0);
    }
    expect_the_same_end();
}

TEST_F(Overwritten, AfterTheAttachTheTargetKeepsThePagesWithProbes) {
    const std::set<std::uint64_t> addresses = probes();
    const CodeBytes before = bytes(addresses);
    start_flowtap();
    expect_next_round_counted();
    overwrite(Way::kOver);
    expect_next_round_counted();
    EXPECT_EQ(flowtap_->stop(SIGTERM), 0);
    EXPECT_EQ(bytes(addresses), before) << "of the code that was there, and that runs there yet";
    target_->run_round();
    EXPECT_EQ(target_->leave(), 0);
}

// What is in memory is what was there before, and what is in the file is not.
TEST_F(Overwritten, OldCodeInMemoryGetsNoProbesOfTheNewFile) {
    start_flowtap();
    expect_next_round_counted();
    overwrite(Way::kOver);
    EXPECT_EQ(flowtap_->stop(SIGTERM), 0);
    const std::set<std::uint64_t> addresses = probes();
    const CodeBytes before = bytes(addresses);
    Child refused(
        {kFlowtap, "run", "--listen", "127.0.0.1:0", "--profile", profile_, "--pid", target_->pid_text()});
    EXPECT_EQ(refused.wait(), 1) << refused.errors();
    EXPECT_NE(refused.errors().find("overwritten while it was mapped"), std::string::npos)
        << refused.errors();
    EXPECT_EQ(bytes(addresses), before);
    target_->run_round();
    EXPECT_EQ(target_->leave(), 0);
}

TEST_F(Overwritten, TruncatedFirstAfterTheAttachIsAttachedToAgain) {
    start_flowtap();
    expect_next_round_counted();
    overwrite(Way::kCutFirst);
    target_->run_round();
    ASSERT_TRUE(eventually([&] {
        return flowtap_->child().errors().find(
                   "a file with probes was overwritten while it was mapped: attaching again") !=
               std::string::npos;
    })) << flowtap_->child().errors();
    EXPECT_EQ(flowtap_->scrape().sum("flowtap_targets", {{"state", "attached"}}), 1);
    expect_next_round_counted();
    const std::set<std::uint64_t> addresses = probes();
    EXPECT_EQ(flowtap_->stop(SIGTERM), 0);
    for (const auto& [address, byte] : bytes(addresses)) EXPECT_NE(byte, kBreakpoint);
    expect_the_same_end();
}

TEST_F(Overwritten, TruncatedFirstAndReleasedAtOnceBehavesAsWithoutFlowtap) {
    start_flowtap();
    expect_next_round_counted();
    overwrite(Way::kCutFirst);
    std::set<std::uint64_t> addresses;  // but for those of other libraries, whose probes are there yet
    for (const auto& [address, byte] : bytes(probes()))
        if (byte != kBreakpoint) addresses.insert(address);
    EXPECT_GE(addresses.size(), 2U) << "the entry and a return";
    const CodeBytes newer = bytes(addresses);
    EXPECT_EQ(flowtap_->stop(SIGTERM), 0);
    EXPECT_EQ(bytes(addresses), newer) << "nothing is written back over what is no probe";
    expect_the_same_end();
}

}  // namespace
}  // namespace flowtap::system_test::overwritten_test

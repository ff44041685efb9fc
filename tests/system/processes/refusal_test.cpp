// SPDX-License-Identifier: Apache-2.0
// What flowtap refuses: by which exit status, in exactly one line, and without having touched a process.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "base/fd.h"
#include "child.h"
#include "paths.h"
#include "probed_bytes.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::refusal_test {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kEnvironment = 3;
constexpr int kNoTarget = 4;

constexpr const char* kNoSuchPid =
    "4194303";  // one below the kernel's limit of numbers, and the last it hands out
const std::string kAnyPort = "127.0.0.1:0";

class RefusalTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        bystander_ = std::make_unique<Workload>(std::vector<std::string>{kEngineC});
        addresses_ = planned_addresses(bystander_->pid(), {"--profile", kEngineCProfile});
        original_ = code_bytes(bystander_->pid(), addresses_);
    }

    [[nodiscard]] std::string pid() const { return bystander_->pid_text(); }

    // The program ends with this status and one line on stderr, in which all the words stand.
    void expect_refusal(const std::vector<std::string>& arguments, int status,
                        const std::vector<std::string>& words, User user = User::kSame) {
        std::vector<std::string> command = {kFlowtap};
        command.insert(command.end(), arguments.begin(), arguments.end());
        Child flowtap(command, user);
        ASSERT_EQ(flowtap.wait(), status) << flowtap.errors();
        const std::string line = flowtap.errors();
        EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
        EXPECT_TRUE(line.starts_with("flowtap: ") && line.ends_with("\n")) << line;
        for (const std::string& word : words)
            EXPECT_NE(line.find(word), std::string::npos) << word << " in " << line;
        EXPECT_EQ(code_bytes(bystander_->pid(), addresses_), original_);
    }

    // `run` on the bystander, with a profile of this text.
    void expect_bad_profile(const std::string& text, int status, const std::vector<std::string>& words) {
        const std::string file = directory_.write("profile.yaml", text);
        expect_refusal({"run", "--listen", kAnyPort, "--pid", pid(), "--profile", file}, status, words);
    }

    void expect_bad_config(const std::string& text, const std::vector<std::string>& words) {
        const std::string file = directory_.write("config.yaml", text);
        expect_refusal({"run", "--listen", kAnyPort, "--pid", pid(), "--config", file}, kUsage, words);
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Workload> bystander_;
    std::set<std::uint64_t> addresses_;
    CodeBytes original_;
};

TEST_F(RefusalTest, OfAProcessThatEndsWhileItIsMeasured) {
    Workload brief({kEngineC});
    const std::string brief_pid = brief.pid_text();
    Child flowtap({kFlowtap, "plan", "--measure", "300", "--pid", brief_pid, "--profile", kEngineCProfile});
    const std::set<std::uint64_t> addresses = planned_addresses(brief.pid(), {"--profile", kEngineCProfile});
    ASSERT_TRUE(eventually([&] { return code_bytes(brief.pid(), addresses) == breakpoints_at(addresses); }));
    EXPECT_EQ(brief.leave(), 0);
    EXPECT_EQ(flowtap.wait(), kNoTarget);
    EXPECT_NE(flowtap.errors().find("flowtap: measure process " + brief_pid + ": it ended\n"),
              std::string::npos)
        << flowtap.errors();
}

TEST_F(RefusalTest, OfAProcessThatDoesNotExist) {
    expect_refusal({"run", "--listen", kAnyPort, "--pid", kNoSuchPid}, kNoTarget,
                   {kNoSuchPid, "no such process"});
    expect_refusal({"plan", "--pid", kNoSuchPid}, kNoTarget, {kNoSuchPid, "no such process"});
}

TEST_F(RefusalTest, OfAKernelThread) {
    std::string name;
    std::ifstream("/proc/2/comm") >> name;
    if (name != "kthreadd") GTEST_SKIP() << "missing: a kernel thread (process 2 is \"" << name << "\")";
    expect_refusal({"run", "--listen", kAnyPort, "--pid", "2"}, kNoTarget, {"kernel thread"});
    expect_refusal({"plan", "--pid", "2"}, kNoTarget, {"kernel thread"});
}

TEST_F(RefusalTest, OfAProcessThatNoProfileFits) {
    Child sleep({"/bin/sleep", "600"});
    expect_refusal({"run", "--listen", kAnyPort, "--pid", std::to_string(sleep.pid())}, kNoTarget,
                   {"no profile fits", "--profile"});
    expect_refusal({"plan", "--pid", std::to_string(sleep.pid())}, kNoTarget, {"no profile fits"});
}

TEST_F(RefusalTest, OfAProcessOfAnotherProfileThanTheOneGiven) {
    expect_refusal({"run", "--listen", kAnyPort, "--pid", pid(), "--profile", kEngineCppProfile}, kNoTarget,
                   {pid(), "no profile fits"});
}

TEST_F(RefusalTest, OfAProfileThatIsNotThere) {
    expect_refusal({"run", "--listen", kAnyPort, "--pid", pid(), "--profile", directory_ / "none.yaml"},
                   kUsage, {"none.yaml"});
}

TEST_F(RefusalTest, OfAProfileWithAnUnknownKey) {
    expect_bad_profile(
        "profile: bad\nruntime: native\nbinaries: [engine_c]\ncolour: green\npoints:\n"
        "  - {name: node, kind: node, function: run_node}\n",
        kUsage, {"profile.yaml:4", "colour"});
}

TEST_F(RefusalTest, OfAProfileWithAFunctionThatTheBinaryDoesNotHave) {
    expect_bad_profile(
        "profile: bad\nruntime: native\nbinaries: [engine_c]\npoints:\n"
        "  - {name: node, kind: node, function: run_nothing}\n",
        kUsage, {"profile.yaml:5", "run_nothing"});
}

TEST_F(RefusalTest, OfAProfileWhoseSecondFunctionIsMissing) {
    expect_bad_profile(
        "profile: bad\nruntime: native\nbinaries: [engine_c]\npoints:\n"
        "  - {name: node, kind: node, function: run_node}\n"
        "  - {name: more, kind: node, function: run_nothing}\n",
        kUsage, {"profile.yaml:6", "run_nothing"});
}

TEST_F(RefusalTest, OfAProfileWithABadType) {
    expect_bad_profile(
        "profile: bad\nruntime: native\nbinaries: [engine_c]\npoints:\n"
        "  - {name: node, kind: node, function: run_node, node_id: arg1 rope}\n",
        kUsage, {"profile.yaml:5", "rope"});
}

TEST_F(RefusalTest, OfAProfileThatIsNoYaml) { expect_bad_profile("profile: [\n", kUsage, {"profile.yaml"}); }

TEST_F(RefusalTest, OfAConfigFileThatIsNotThere) {
    expect_refusal({"run", "--pid", pid(), "--config", directory_ / "none.yaml"}, kUsage, {"none.yaml"});
}

TEST_F(RefusalTest, OfAConfigFileWithAnUnknownKey) {
    expect_bad_config("# nothing here\npid: 1\ncolour: green\n", {"config.yaml:3", "colour"});
}

TEST_F(RefusalTest, OfAConfigFileWithAValueOfTheWrongType) {
    expect_bad_config("all: perhaps\n", {"config.yaml:1", "all"});
}

TEST_F(RefusalTest, OfAConfigFileThatIsNoYaml) { expect_bad_config("pid: [1\n", {"config.yaml"}); }

TEST_F(RefusalTest, OfOptionsThatMakeNoSense) {
    const std::vector<std::vector<std::string>> lines = {
        {},
        {"fly"},
        {"run"},
        {"run", "--pid", pid(), "--garbage"},
        {"run", "--pid", "abc"},
        {"run", "--pid"},
        {"run", "--match", "["},
        {"run", "--pid", pid(), "--listen", "nowhere"},
        {"run", "--pid", pid(), "--listen", "127.0.0.1:65536"},
        {"plan"},
    };
    for (const auto& line : lines) {
        SCOPED_TRACE(testing::PrintToString(line));
        expect_refusal(line, kUsage, {});
    }
}

TEST_F(RefusalTest, OfAPortInUse) {
    const Fd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(taken.get(), generic, size), 0);
    ASSERT_EQ(::listen(taken.get(), 1), 0);
    ASSERT_EQ(::getsockname(taken.get(), generic, &size), 0);
    const std::string listen = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    expect_refusal({"run", "--pid", pid(), "--profile", kEngineCProfile, "--listen", listen}, kFailed,
                   {listen});
}

TEST_F(RefusalTest, WithoutPrivilege) {
    expect_refusal({"run", "--listen", kAnyPort, "--pid", pid()}, kEnvironment, {}, User::kNobody);
    expect_refusal({"plan", "--pid", pid()}, kEnvironment, {}, User::kNobody);
    expect_refusal({"check"}, kEnvironment, {}, User::kNobody);
}

// The first target was attached to when the second turns out to be none.
TEST_F(RefusalTest, OfASecondTargetLeavesTheFirstAsItWas) {
    Child flowtap({kFlowtap, "run", "--listen", kAnyPort, "--profile", kEngineCProfile, "--pid", pid(),
                   "--pid", kNoSuchPid});
    EXPECT_EQ(flowtap.wait(), kNoTarget) << flowtap.errors();
    EXPECT_EQ(code_bytes(bystander_->pid(), addresses_), original_);
    EXPECT_FALSE(bystander_->run_round().empty());
}

}  // namespace
}  // namespace flowtap::system_test::refusal_test

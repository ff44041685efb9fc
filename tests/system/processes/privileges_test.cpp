// SPDX-License-Identifier: Apache-2.0
// With exactly the capabilities that README.md names; what is said where one of them is missing; and what a
// daemon that was started with all of them keeps.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "ledger.h"
#include "paths.h"
#include "target.h"
#include "temporary_directory.h"

namespace flowtap::system_test::privileges_test {
namespace {

constexpr const char* kSetpriv = "/usr/bin/setpriv";

using Names = std::set<std::string>;
const Names kNeeded = {"bpf", "perfmon", "sys_ptrace", "dac_read_search", "checkpoint_restore"};

std::string set_option(const Names& names) {
    std::string text = "-all";
    for (const std::string& name : names) text += ",+" + name;
    return text;
}

// Root in a container, or under systemd without User=: an exec gives it what the bounding set leaves.
std::vector<std::string> as_root_with(const Names& names) {
    return {kSetpriv, "--bounding-set", set_option(names), "--no-new-privs"};
}

// A user of its own with ambient capabilities, as deploy/systemd has it.
std::vector<std::string> as_nobody_with(const Names& names) {
    const std::string set = set_option(names);
    return {kSetpriv, "--reuid",        "65534", "--regid",        "65534", "--clear-groups", "--inh-caps",
            set,      "--ambient-caps", set,     "--bounding-set", set,     "--no-new-privs"};
}

Names without(const char* name) {
    Names names = kNeeded;
    names.erase(name);
    return names;
}

// Values of a line of /proc/PID/task/*/status: one where all threads have the same.
std::set<std::string> of_all_threads(pid_t pid, const std::string& key) {
    std::set<std::string> values;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
        std::ifstream status(task.path() / "status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with(key + ":\t")) values.insert(line.substr(key.size() + 2));
    }
    return values;
}

constexpr std::uint64_t kDacReadSearch = 1ULL << 2;
constexpr std::uint64_t kSysPtrace = 1ULL << 19;
constexpr std::uint64_t kSysAdmin = 1ULL << 21;
constexpr std::uint64_t kPerfmon = 1ULL << 38;
constexpr std::uint64_t kBpf = 1ULL << 39;
constexpr std::uint64_t kCheckpointRestore = 1ULL << 40;
constexpr std::uint64_t kAlwaysKept = kDacReadSearch | kSysPtrace | kCheckpointRestore;

class PrivilegesTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && ::access(kSetpriv, X_OK) != 0)
            GTEST_SKIP() << "missing: setpriv (Debian's package util-linux)";
        if (!IsSkipped() && !more_that_is_needed().empty())
            GTEST_SKIP() << "missing: " << more_that_is_needed();
    }

    // What is needed beyond the five: CAP_SYS_ADMIN before Linux 6.10.
    static const std::string& more_that_is_needed() {
        static const std::string missing = [] {
            std::vector<std::string> command = as_root_with(kNeeded);
            command.insert(command.end(), {kFlowtap, "check"});
            Child check(command);
            return check.wait() == 0 ? "" : check.errors();
        }();
        return missing;
    }

    // `flowtap run` on the workload ends with status 3, and with this line: before it may stand what does not
    // work on the machine.
    static void expect_error(const std::vector<std::string>& launcher, const Workload& workload,
                             const std::string& words) {
        std::vector<std::string> command = launcher;
        command.insert(command.end(), {kFlowtap, "run", "--listen", "127.0.0.1:0", "--profile",
                                       kEngineCProfile, "--pid", workload.pid_text()});
        Child flowtap(command);
        EXPECT_EQ(flowtap.wait(), 3) << flowtap.errors();
        const std::string errors = flowtap.errors();
        ASSERT_THAT(errors, testing::EndsWith("\n"));
        const std::size_t last_line = errors.rfind('\n', errors.size() - 2) + 1;
        EXPECT_NE(errors.find(words, last_line), std::string::npos) << errors;
    }

    static void expect_exact(const std::vector<std::string>& launcher, Workload& workload,
                             std::vector<std::string> options) {
        options.insert(options.end(), {"--pid", workload.pid_text()});
        FlowtapDaemon flowtap(options, FlowtapDaemon::Listen::kAnyPort, launcher);
        const Ledger ledger = workload.run_round();
        EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger)) << flowtap.child().errors();
        EXPECT_EQ(flowtap.stop(SIGTERM), 0) << flowtap.child().errors();
    }

    static Workload::Options engine(const char* program = kEngineC) {
        return {program, "--runs", "20", "--nodes", "3", "--fail-every", "5"};
    }
};

// The build directory may be barred to nobody; then CAP_DAC_READ_SEARCH, which it has, opens the way.
TEST_F(PrivilegesTest, FiveCapabilitiesAreEnoughForAnyUsersTarget) {
    for (const auto& launcher : {as_root_with(kNeeded), as_nobody_with(kNeeded)}) {
        for (const User user : {User::kSame, User::kNobody}) {
            Workload workload(engine(), user);
            expect_exact(launcher, workload, {"--profile", kEngineCProfile});
        }
    }
}

TEST_F(PrivilegesTest, FiveCapabilitiesAreEnoughForPython) {
    const std::vector<Target> targets = python_targets();
    if (missing_program(targets.front()).empty()) {
        Workload workload(targets.front().command({"--shape", "async", "--fail-every", "3"}));
        expect_exact(as_nobody_with(kNeeded), workload, {});
    } else {
        GTEST_SKIP() << "missing: " << missing_program(targets.front());
    }
}

TEST_F(PrivilegesTest, TheErrorNamesTheOneThatIsMissing) {
    Workload workload(engine(), User::kNobody);
    expect_error(as_root_with(without("bpf")), workload, "give flowtap CAP_BPF, or run it as root");
    expect_error(as_root_with(without("perfmon")), workload, "give flowtap CAP_PERFMON, or run it as root");
    expect_error(as_root_with(without("sys_ptrace")), workload,
                 "give flowtap CAP_SYS_PTRACE, or run it as root");
    expect_error(as_root_with(without("dac_read_search")), workload,
                 "give flowtap CAP_DAC_READ_SEARCH, or run it as root");
    EXPECT_FALSE(workload.run_round().empty());
}

TEST_F(PrivilegesTest, WithoutCapDacReadSearchItsOwnUsersTargetsAreObserved) {
    Workload workload(engine());
    expect_exact(as_root_with(without("dac_read_search")), workload, {"--profile", kEngineCProfile});
}

// A target whose program has left its name: mapped by the kernel, or by the loader as any library is.
class LostFile {
public:
    enum class Role { kProgram, kLibrary };

    LostFile(const Workload::Options& engine, Role role) {
        const std::filesystem::path copy = directory_ / "engine_c";
        std::filesystem::copy_file(engine.front(), copy);
        Workload::Options command = engine;
        command.front() = copy;
        if (role == Role::kLibrary) command.insert(command.begin(), "/lib64/ld-linux-x86-64.so.2");
        workload_.emplace(command);
        std::filesystem::remove(copy);
    }
    Workload& workload() { return *workload_; }

private:
    TemporaryDirectory directory_;
    std::optional<Workload> workload_;
};

TEST_F(PrivilegesTest, ADeletedProgramIsObservedWithoutCapCheckpointRestore) {
    LostFile lost(engine(), LostFile::Role::kProgram);
    expect_exact(as_root_with(without("checkpoint_restore")), lost.workload(),
                 {"--profile", kEngineCProfile});
}

TEST_F(PrivilegesTest, ADeletedLibraryTakesCapCheckpointRestore) {
    LostFile lost(engine(), LostFile::Role::kLibrary);
    expect_error(as_root_with(without("checkpoint_restore")), lost.workload(),
                 "give flowtap CAP_CHECKPOINT_RESTORE, or run it as root");
    expect_exact(as_root_with(kNeeded), lost.workload(), {"--profile", kEngineCProfile});
}

TEST_F(PrivilegesTest, CheckSaysOfEachWhatIsMissingAndWhatToDo) {
    for (const char* name : {"bpf", "perfmon", "sys_ptrace", "dac_read_search", "checkpoint_restore"}) {
        std::vector<std::string> command = as_root_with(without(name));
        command.insert(command.end(), {kFlowtap, "check"});
        Child check(command);
        const bool limits =
            std::string(name).starts_with("dac") || std::string(name).starts_with("checkpoint");
        EXPECT_EQ(check.wait(), limits ? 0 : 3) << name;
        std::string capability = "CAP_" + std::string(name);
        std::ranges::transform(capability, capability.begin(),
                               [](unsigned char c) { return std::toupper(c); });
        std::istringstream lines(check.output());
        for (std::string line; std::getline(lines, line);) {
            const bool is_it = line.find(capability + ": ") != std::string::npos;
            EXPECT_EQ(is_it, line.starts_with(limits ? "limited  CAP" : "MISSING  CAP")) << line;
            EXPECT_EQ(line.starts_with("ok "), line.find(" -> ") == std::string::npos) << line;
        }
    }
}

TEST_F(PrivilegesTest, TheDaemonKeepsOnlyWhatItStillNeeds) {
    Workload first(engine());
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--pid", first.pid_text()});
    const pid_t pid = flowtap.child().pid();
    for (const char* set : {"CapEff", "CapPrm", "CapBnd"}) {
        const std::set<std::string> masks = of_all_threads(pid, set);
        ASSERT_EQ(masks.size(), 1U) << set;
        const std::uint64_t mask = std::stoull(*masks.begin(), nullptr, 16);
        // The others go where the kernel lets tables be used and probes be attached without.
        EXPECT_EQ(mask & ~(kBpf | kPerfmon | kSysAdmin), kAlwaysKept) << set;
        const std::string said = flowtap.child().errors();
        EXPECT_EQ((mask & kBpf) != 0, said.find("CAP_BPF (") != std::string::npos) << said;
        EXPECT_EQ((mask & kPerfmon) != 0, said.find("CAP_PERFMON (") != std::string::npos) << said;
        EXPECT_EQ((mask & kSysAdmin) != 0, said.find("CAP_SYS_ADMIN (") != std::string::npos) << said;
    }
    for (const char* set : {"CapInh", "CapAmb"})
        EXPECT_EQ(of_all_threads(pid, set), std::set<std::string>{"0000000000000000"});
    EXPECT_EQ(of_all_threads(pid, "NoNewPrivs"), std::set<std::string>{"1"});
    EXPECT_NE(flowtap.child().errors().find("flowtap: dropped all privileges except CAP_"),
              std::string::npos);
}

constexpr const char* kReturnProbe = R"(profile: with-a-return-probe
runtime: native
binaries: [engine_c]
points:
  - {name: node, kind: node, function: run_node, node_id: arg2 cstring, exit: uretprobe}
)";

TEST_F(PrivilegesTest, AReturnProbeTakesCapSysAdminWhichIsThenKept) {
    const TemporaryDirectory directory;
    const std::string profile = directory.write("profile.yaml", kReturnProbe);
    Workload workload(engine());
    FlowtapDaemon flowtap({"--profile", profile, "--pid", workload.pid_text()});
    EXPECT_NE(flowtap.child().errors().find("CAP_SYS_ADMIN (perf's uprobes)"), std::string::npos);
    (void)workload.run_round();
    EXPECT_TRUE(eventually([&] {
        return flowtap.scrape().sum("workflow_node_executions_total", {{"status", "success"}}) > 0;
    })) << flowtap.child().errors();
}

// By the path of the program: others of that name may run on this machine.
std::string config_for(const char* program, const char* profile) {
    return std::string("match: '^") + program + " '\nprofile: " + profile + "\n";
}

// New processes of another user, and a reload: all after the privileges were given up.
TEST_F(PrivilegesTest, WhatItKeepsIsEnoughForLaterTargetsAndAReload) {
    TemporaryDirectory directory;
    const std::string config = directory.write("config.yaml", config_for(kEngineC, kEngineCProfile));
    FlowtapDaemon flowtap({"--config", config});
    const auto counts = [&](Workload& workload) {
        EXPECT_TRUE(flowtap.attaches_to(workload.pid()));
        const Exposition before = flowtap.scrape_at_rest();
        const Ledger ledger = workload.run_round();
        EXPECT_TRUE(eventually([&] { return bool(agrees(flowtap.scrape().since(before), ledger)); }))
            << flowtap.child().errors();
    };
    Workload later(engine(), User::kNobody);
    counts(later);
    Workload other(engine(kEngineCpp), User::kNobody);
    EXPECT_EQ(directory.write("config.yaml", config_for(kEngineCpp, kEngineCppProfile)), config);
    flowtap.child().signal(SIGHUP);
    counts(other);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace flowtap::system_test::privileges_test

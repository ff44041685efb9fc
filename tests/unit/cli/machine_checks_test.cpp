// SPDX-License-Identifier: Apache-2.0
// What `flowtap check` says of this machine's settings, and of others.
#include "cli/machine_checks.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "privilege/capability.h"
#include "tests/unit/process/in_child.h"

namespace flowtap::machine_checks_test {
namespace {

// "STATE: what was found (remedy)".
std::string text_of(const std::vector<Check>& checks, const std::string& name) {
    const auto check = std::ranges::find(checks, name, &Check::name);
    if (check == checks.end()) return "no such check";
    constexpr const char* kStates[] = {"ok", "limited", "missing"};
    const std::string text = kStates[static_cast<int>(check->state)] + std::string(": ") + check->found;
    return check->remedy.empty() ? text : text + " (" + check->remedy + ")";
}

// The check of a process that was changed first.
std::string in_another(const std::string& name, const std::function<void()>& change) {
    return test::in_child([&] {
        change();
        return text_of(setting_checks(), name);
    });
}

constexpr const char* kMoreFiles =
    "raise the hard limit of open files: LimitNOFILE= in a systemd unit, ulimit -Hn in a shell";
constexpr const char* kOpenFiles = "open files (RLIMIT_NOFILE, hard)";

// A machine whose files in /proc and /sys the test writes.
class OtherMachine : public testing::Test {
protected:
    OtherMachine() {
        std::string name = std::filesystem::temp_directory_path() / "flowtap-machine-XXXXXX";
        root_ = ::mkdtemp(name.data());
    }
    ~OtherMachine() override { std::filesystem::remove_all(root_); }

    void put(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
        std::ofstream(root_ + path) << text;
    }
    [[nodiscard]] std::string said(const std::string& name) const {
        return text_of(setting_checks(root_), name);
    }

    std::string root_;
};

TEST_F(OtherMachine, WithEverythingNeededPasses) {
    put("/sys/kernel/btf/vmlinux", "");
    put("/sys/bus/event_source/devices/uprobe/type", "9\n");
    put("/proc/sys/kernel/yama/ptrace_scope", "1\n");
    put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    EXPECT_EQ(said("kernel BTF"), "ok: " + root_ + "/sys/kernel/btf/vmlinux");
    EXPECT_EQ(said("uprobes"), "ok: " + root_ + "/sys/bus/event_source/devices/uprobe/type");
    EXPECT_EQ(said("Yama"), "ok: allows reading process memory");
    EXPECT_EQ(said("kernel lockdown"), "ok: allows BPF to read memory");
}

TEST_F(OtherMachine, WithNothingNeededNamesRemedies) {
    put("/proc/sys/kernel/yama/ptrace_scope", "3\n");
    put("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
    EXPECT_EQ(said("kernel BTF"), "missing: " + root_ +
                                      "/sys/kernel/btf/vmlinux is missing or unreadable (use a kernel with "
                                      "CONFIG_DEBUG_INFO_BTF)");
    EXPECT_EQ(said("uprobes"),
              "missing: " + root_ +
                  "/sys/bus/event_source/devices/uprobe/type is missing or unreadable (use a "
                  "kernel with CONFIG_UPROBE_EVENTS, and mount sysfs)");
    EXPECT_EQ(
        said("Yama"),
        "missing: kernel.yama.ptrace_scope is 3 (boot with kernel.yama.ptrace_scope=2 or less; it cannot be "
        "lowered while the kernel runs)");
    EXPECT_EQ(said("kernel lockdown"),
              "missing: confidentiality mode (boot with lockdown=integrity or none)");
}

TEST(MachineChecks, SayHowManyFilesAreEnough) {
    const auto limited_to = [](rlim_t most) {
        return in_another(kOpenFiles, [most] {
            const rlimit limit = {std::min<rlim_t>(most, 1024), most};
            ::setrlimit(RLIMIT_NOFILE, &limit);
        });
    };
    EXPECT_EQ(limited_to(1024),
              "limited: 1024: a target takes about 15, and more where its threads are watched (" +
                  std::string(kMoreFiles) + ")");
    rlimit own = {};
    ::getrlimit(RLIMIT_NOFILE, &own);
    if (own.rlim_max < 4096) GTEST_SKIP() << "missing: 4096 open files";
    EXPECT_EQ(limited_to(4096), "ok: 4096");
}

TEST(MachineChecks, OfTheInitialNamespacesAreGood) {
    if (!in_initial_user_namespace()) GTEST_SKIP() << "missing: the initial user namespace";
    const std::vector<Check> checks = setting_checks();
    EXPECT_EQ(text_of(checks, "user namespace"), "ok: the initial one");
    const std::string other_user = in_another("user namespace", [] { ::unshare(CLONE_NEWUSER); });
    if (other_user.starts_with("ok")) GTEST_SKIP() << "missing: the right to make a user namespace";
    EXPECT_EQ(
        other_user,
        "missing: not the initial one: capabilities in another user namespace do not count (run flowtap "
        "outside this user namespace: not in a rootless container, and without PrivateUsers=yes)");
}

TEST(MachineChecks, OfCapabilitiesSayWhatEachIsFor) {
    for (const Capability& capability : kCapabilities)
        if (!holds(capability)) GTEST_SKIP() << "missing: " << capability.name;
    const std::vector<Check> checks = setting_checks();
    EXPECT_EQ(text_of(checks, "CAP_BPF"), "ok: BPF programs and tables");
    EXPECT_EQ(text_of(checks, "CAP_SYS_PTRACE"), "ok: targets' memory and mappings");
    const std::string remedy =
        " (run as root, or give it: AmbientCapabilities= in a systemd unit, capabilities.add in a pod)";
    EXPECT_EQ(in_another("CAP_PERFMON", [] { suspend(kCapPerfmon); }),
              "missing: needed for probes that read memory" + remedy);
    EXPECT_EQ(in_another("CAP_DAC_READ_SEARCH", [] { suspend(kCapDacReadSearch); }),
              "limited: processes of other users are refused" + remedy);
}

TEST(MachineChecks, LoadTheProgramsAndSeeThatTheClocksAgree) {
    const std::vector<Check> checks = machine_checks({});
    const std::string loaded = text_of(checks, "BPF programs");
    if (!loaded.starts_with("ok")) GTEST_SKIP() << "missing: " << loaded;
    EXPECT_EQ(loaded, "ok: load and verify");
    EXPECT_EQ(text_of(checks, "time namespace"), "ok: no clock offset");
    EXPECT_EQ(text_of(checks, "PID namespace"), "ok: the initial one");
}

}  // namespace
}  // namespace flowtap::machine_checks_test

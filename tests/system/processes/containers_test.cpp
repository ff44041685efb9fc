// SPDX-License-Identifier: Apache-2.0
// Targets in containers: namespaces and roots of their own, in which paths and numbers mean other things than
// outside. flowtap's counts must equal the targets' own.
#include <csignal>
#include <filesystem>
#include <optional>

#include "contained.h"
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"

namespace flowtap::system_test::containers_test {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kMountNamespace = {"--mount", "--propagation", "private"};
const std::vector<std::string> kLoad = {"--runs",       "60", "--retry-every", "3",
                                        "--fail-every", "7",  "--leave-every", "5"};

class ContainersTest : public SystemTest {
protected:
    // Skips where there are no such namespaces.
    void start(const Room& room, const std::vector<std::string>& command) {
        if (const std::string missing = missing_for({room.namespaces}); !missing.empty())
            GTEST_SKIP() << "missing: " << missing;
        target_.emplace(room, command);
    }
    void start_engine(const Room& room, const std::string& path) {
        std::vector<std::string> command = {path};
        command.insert(command.end(), kLoad.begin(), kLoad.end());
        start(room, command);
    }

    // Two rounds: the first may meet code that was never run.
    void expect_exact_counts(const std::vector<std::string>& profile = {"--profile", kEngineCProfile},
                             const std::vector<std::string>& launcher = {}) {
        std::vector<std::string> options = profile;
        options.insert(options.end(), {"--pid", target_->pid_text()});
        FlowtapDaemon flowtap(options, FlowtapDaemon::Listen::kAnyPort, launcher);
        target_->run_round();
        const Ledger ledger = target_->run_round();
        EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
        EXPECT_EQ(flowtap.stop(SIGTERM), 0);
        EXPECT_EQ(target_->leave(), 0);
    }

    // A copy of the program, in a new directory below the temporary one.
    [[nodiscard]] std::string put(const char* program, const std::string& path) const {
        fs::create_directories((directory_ / path).parent_path());
        fs::copy_file(program, directory_ / path);
        return directory_ / path;
    }
    // The path as this process can open it, in the target's root.
    [[nodiscard]] std::string in_target(const std::string& path) const {
        return "/proc/" + target_->pid_text() + "/root" + path;
    }
    // An overlay whose lower directory has the engine, at DIRECTORY/merged.
    [[nodiscard]] Room overlay() const {
        std::ignore = put(kEngineC, "lower/engine_c");
        for (const char* name : {"upper", "work", "merged"}) fs::create_directories(directory_ / name);
        const std::string at = directory_.text();
        return {kMountNamespace, "mount -t overlay overlay -o lowerdir=" + at + "/lower,upperdir=" + at +
                                     "/upper,workdir=" + at + "/work " + at + "/merged"};
    }
    // A new root, DIRECTORY/root, with /proc; what else is in it is put there before.
    [[nodiscard]] Room new_root(std::vector<std::string> namespaces,
                                const std::string& furnish = "true") const {
        const std::string root = directory_ / "root";
        for (const char* name : {"proc", "old"}) fs::create_directories(root + "/" + name);
        return {std::move(namespaces), "mount --bind " + root + " " + root + "\ncd " + root + "\n" + furnish +
                                           "\nmount -t proc proc proc\npivot_root . old\ncd /"};
    }

    TemporaryDirectory directory_;
    std::optional<Contained> target_;
};

// Outside, the path is that of another build of the same engine, whose functions are elsewhere.
TEST_F(ContainersTest, APathThatMeansAnotherFileOutside) {
    const std::string path = put(kEngineCUnoptimised, "engine_c");
    const std::string inner = put(kEngineC, "inner");
    start_engine({kMountNamespace, "mount --bind " + inner + " " + path}, path);
    if (IsSkipped()) return;
    ASSERT_FALSE(fs::equivalent(path, in_target(path)));
    expect_exact_counts();
}

TEST_F(ContainersTest, APathThatMeansNothingOutside) {
    const std::string inner = put(kEngineC, "inner");
    const std::string hidden = directory_ / "hidden";
    fs::create_directory(hidden);
    start_engine(
        {kMountNamespace, "mount -t tmpfs tmpfs " + hidden + "\ncp " + inner + " " + hidden + "/engine_c"},
        hidden + "/engine_c");
    if (IsSkipped()) return;
    ASSERT_FALSE(fs::exists(hidden + "/engine_c"));
    expect_exact_counts();
}

TEST_F(ContainersTest, AProgramOnAnOverlay) {
    start_engine(overlay(), directory_ / "merged/engine_c");
    if (IsSkipped()) return;
    expect_exact_counts();
}

// The target goes on with the lower file; the path means the copy, and so does what the kernel opens for it.
TEST_F(ContainersTest, AProgramOnAnOverlayThatWasCopiedUpSinceIsRefused) {
    const std::string path = directory_ / "merged/engine_c";
    start_engine(overlay(), path);
    if (IsSkipped()) return;
    fs::permissions(in_target(path), fs::perms::owner_all);
    ASSERT_TRUE(fs::exists(directory_ / "upper/engine_c"));
    Child flowtap({kFlowtap, "run", "--listen", "127.0.0.1:0", "--profile", kEngineCProfile, "--pid",
                   target_->pid_text()});
    EXPECT_EQ(flowtap.wait(), 1);
    EXPECT_NE(flowtap.errors().find("another file than the one it runs"), std::string::npos)
        << flowtap.errors();
}

TEST_F(ContainersTest, AProgramThatWasDeleted) {
    const std::string path = put(kEngineC, "engine_c");
    start_engine({kMountNamespace}, path);
    if (IsSkipped()) return;
    fs::remove(path);
    expect_exact_counts();
}

// An upgrade replaces a file; what runs goes on with the old one.
TEST_F(ContainersTest, AProgramThatWasReplaced) {
    const std::string path = put(kEngineC, "engine_c");
    const std::string newer = put(kEngineCUnoptimised, "newer");
    start_engine({kMountNamespace}, path);
    if (IsSkipped()) return;
    fs::rename(newer, path);
    expect_exact_counts();
}

TEST_F(ContainersTest, AProgramThatIsProcessOneOfItsNamespace) {
    start_engine({{"--mount", "--pid", "--mount-proc"}}, put(kEngineC, "engine_c"));
    if (IsSkipped()) return;
    ASSERT_EQ(target_->own_pid(), 1);
    expect_exact_counts();
}

TEST_F(ContainersTest, AProgramInAUserNamespace) {
    start_engine({{"--user", "--map-root-user", "--mount", "--pid", "--mount-proc"}},
                 put(kEngineC, "engine_c"));
    if (IsSkipped()) return;
    expect_exact_counts();
}

TEST_F(ContainersTest, AStaticProgramInARootOfItsOwn) {
    std::ignore = put(kEngineCStatic, "root/engine_c");
    start_engine(new_root({"--mount", "--propagation", "private", "--pid"}), "/engine_c");
    if (IsSkipped()) return;
    expect_exact_counts();
}

TEST_F(ContainersTest, AStaticProgramBehindChroot) {
    std::ignore = put(kEngineCStatic, "root/engine_c");
    start({kMountNamespace}, {"/usr/sbin/chroot", directory_ / "root", "/engine_c", "--runs", "20"});
    if (IsSkipped()) return;
    expect_exact_counts();
}

// The prefix of the interpreter is /runtime there, its libraries and the engine are at other paths, too.
TEST_F(ContainersTest, APythonProgramInARootOfAnotherLayout) {
    const std::string interpreter = interpreters().front();
    if (interpreter.empty()) GTEST_SKIP() << "missing: an interpreter";
    const fs::path real = fs::canonical(interpreter);
    const fs::path prefix = real.parent_path().parent_path();
    std::string furnish;
    for (const auto& [from, to] : {std::pair<std::string, std::string>(prefix, "runtime"),
                                   {kTestsDirectory, "app"},
                                   {"/lib", "lib"},
                                   {"/lib64", "lib64"},
                                   {"/usr/lib", "usr/lib"},
                                   {"/dev", "dev"}}) {
        fs::create_directories(directory_ / ("root/" + to));
        furnish += "mount --bind " + from + " " + to + "\n";
    }
    furnish += "export PYTHONHOME=/runtime LD_LIBRARY_PATH=/runtime/lib";
    start(new_root({"--mount", "--propagation", "private", "--pid", "--uts", "--ipc"}, furnish),
          {"/runtime/bin/" + real.filename().string(), "-B", "/app/engine/workload.py", "--runs", "5",
           "--fail-every", "2"});
    if (IsSkipped()) return;
    ASSERT_EQ(target_->own_pid(), 1);
    expect_exact_counts({});
}

// What hostPID: true leaves: the container is flowtap's, and the target's files are at none of its paths.
TEST_F(ContainersTest, FlowtapInAContainerThatSharesThePidsOfTheHost) {
    const std::string path = put(kEngineC, "host/engine_c");
    start_engine({}, path);
    if (IsSkipped()) return;
    const std::string hide =
        "mount -t tmpfs tmpfs " + (directory_ / "host").string() + " && test ! -e " + path;
    expect_exact_counts({"--profile", kEngineCProfile},
                        {"/usr/bin/unshare", "--mount", "--propagation", "private", "--uts", "--ipc",
                         "--cgroup", "/bin/sh", "-c", hide + " && exec \"$@\"", "sh"});
}

// Without the host's PID namespace the kernel's numbers are not those that flowtap sees, and it would count
// nothing.
class InAPidNamespaceOfItsOwn : public SystemTest {
protected:
    static void expect_refusal(const std::vector<std::string>& arguments) {
        std::vector<std::string> command = {"/usr/bin/unshare", "--pid",        "--fork",
                                            "--kill-child",     "--mount-proc", kFlowtap};
        command.insert(command.end(), arguments.begin(), arguments.end());
        Child flowtap(command);
        EXPECT_EQ(flowtap.wait(), 3) << flowtap.errors();
        for (const char* words : {"PID namespace of its own", "hostPID: true"})
            EXPECT_NE(flowtap.errors().find(words), std::string::npos) << flowtap.errors();
    }
};

TEST_F(InAPidNamespaceOfItsOwn, FlowtapSaysWhatToDo) {
    if (const std::string missing = missing_for({{"--pid"}}); !missing.empty())
        GTEST_SKIP() << "missing: " << missing;
    expect_refusal({"run", "--listen", "127.0.0.1:0", "--pid", "1"});
    expect_refusal({"run", "--listen", "127.0.0.1:0", "--all"});
    expect_refusal({"trace", "--pid", "1", "--duration", "1", "--output", "/dev/null"});
    expect_refusal({"check"});
}

}  // namespace
}  // namespace flowtap::system_test::containers_test

// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/hardware_watch.h"

#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "privilege/capability.h"
#include "tests/unit/process/in_child.h"
#include "tests/unit/process/no_descriptors.h"

namespace flowtap::hardware_watch_test {
namespace {

constexpr int kNoProgram = -1;
const std::uint64_t watched = 0;

std::uint64_t address() { return reinterpret_cast<std::uint64_t>(&watched); }

pid_t process_that_has_ended() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

// A child of this process, killed and reaped at the end.
class ChildProcess {
public:
    explicit ChildProcess(void (*run)()) : pid_(::fork()) {
        if (pid_ == 0) run();
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    // Until the first thread has ended: it is listed until the process is reaped.
    void wait_for_end_of_first_thread() const {
        const std::string id = std::to_string(pid_);
        const std::string path = "/proc/" + id + "/task/" + id + "/stat";
        for (std::string line; line.find(") Z ") == std::string::npos;) {
            std::this_thread::yield();
            std::getline(std::ifstream(path), line);
        }
    }

private:
    pid_t pid_;
};

// Does nothing at a hit; no descriptor where the kernel takes none.
Fd program_without_effect() {
    const std::array<bpf_insn, 2> code = {
        {{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
    return Fd(::bpf_prog_load(BPF_PROG_TYPE_PERF_EVENT, "nothing", "GPL", code.data(), code.size(), nullptr));
}

TEST(HardwareWatch, FailsForAProcessThatIsGone) {
    const auto events = watch_memory(process_that_has_ended(), address(), WatchFor::kAccesses, kNoProgram);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().kind, Error::Kind::kNoTarget);
}

TEST(HardwareWatch, InAProcessThatAlwaysHasNewThreadsIsNone) {
    pid_t newest = 100;
    const auto events = watch_threads(100, {.threads = [&](auto&) { return std::set<pid_t>{newest++}; },
                                            .watch =
                                                [](pid_t, std::vector<Fd>& watches) {
                                                    watches.emplace_back(::dup(STDIN_FILENO));
                                                    return true;
                                                }});
    ASSERT_FALSE(events);
    EXPECT_EQ(
        events.error().message(),
        "set a hardware watch in process 100: it starts threads faster than flowtap can set watches in them");
}

// As seen where a thread has just ended: it is still listed, and the kernel sets no watch in it.
TEST(HardwareWatch, FailsForAZombie) {
    if (!lack_of_watches().empty()) GTEST_SKIP() << "missing: hardware watches: " << lack_of_watches();
    const ChildProcess ended([] { ::_exit(0); });
    ended.wait_for_end_of_first_thread();
    const auto events = watch_memory(ended.pid(), address(), WatchFor::kAccesses, kNoProgram);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().kind, Error::Kind::kNoTarget);
}

TEST(HardwareWatch, IsSetInTheOtherThreadsWhereTheFirstHasEnded) {
    if (!lack_of_watches().empty()) GTEST_SKIP() << "missing: hardware watches: " << lack_of_watches();
    const Fd program = program_without_effect();
    if (!program) GTEST_SKIP() << "missing: the right to load BPF programs: " << std::strerror(errno);
    const ChildProcess process([] {
        std::thread([] { ::pause(); }).detach();
        ::syscall(SYS_exit, 0);  // of this thread; pthread_exit() would unwind into the test
    });
    process.wait_for_end_of_first_thread();
    const auto events = watch_memory(process.pid(), address(), WatchFor::kAccesses, program.get());
    ASSERT_TRUE(events) << events.error().message();
    EXPECT_EQ(events->size(), 1U);
}

TEST(HardwareWatch, TellsUnreadableThreadsFromAProcessThatIsGone) {
    const test::NoDescriptors none;
    const auto events = watch_memory(::getpid(), address(), WatchFor::kAccesses, kNoProgram);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().kind, Error::Kind::kFailed);
    EXPECT_EQ(events.error().cause, std::strerror(EMFILE));
}

TEST(HardwareWatch, WithoutAProgramIsAnErrorThatNamesTheProcess) {
    if (!lack_of_watches().empty()) GTEST_SKIP() << "missing: hardware watches: " << lack_of_watches();
    const auto events = watch_memory(::getpid(), address(), WatchFor::kWrites, kNoProgram);
    ASSERT_FALSE(events);
    EXPECT_THAT(events.error().message(), testing::HasSubstr(std::to_string(::getpid())));
}

// What is said where the kernel opens no event, and why.
std::string refusal(
    int error, const std::function<void()>& before = [] {}) {
    return test::in_child([&] {
        before();
        test::refuse_calls({{SYS_perf_event_open}}, error);
        const auto events = watch_memory(::getpid(), address(), WatchFor::kWrites, kNoProgram);
        const std::string said = events ? "set" : events.error().message();
        return said.substr(said.find(": "));
    });
}

TEST(HardwareWatch, ReportsCauseAndRemedyWhenTheKernelRefuses) {
    EXPECT_EQ(
        refusal(ENOSPC),
        ": all four debug registers of a thread are in use (stop the debugger or perf session that uses "
        "them)");
    EXPECT_EQ(refusal(ENODEV), ": No such device");
    EXPECT_EQ(refusal(ESRCH), ": the process ended meanwhile");
    if (!holds(kCapPerfmon)) GTEST_SKIP() << "missing: CAP_PERFMON";
    EXPECT_EQ(refusal(EPERM, [] { suspend(kCapPerfmon); }),
              ": Operation not permitted (give flowtap CAP_PERFMON, or run it as root)");
}

TEST(HardwareWatch, NamesTheKernelSettingThatRefuses) {
    int level = 0;
    std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> level;
    if (level < 3) GTEST_SKIP() << "missing: kernel.perf_event_paranoid of 3 or more";
    if (!holds(kCapPerfmon)) GTEST_SKIP() << "missing: CAP_PERFMON";
    EXPECT_EQ(refusal(EACCES, [] { suspend(kCapSysAdmin); }),
              ": Permission denied (kernel.perf_event_paranoid is " + std::to_string(level) +
                  ": set it to 2, or give flowtap CAP_SYS_ADMIN)");
}

TEST(HardwareWatch, RefusesAnUnalignedAddress) {
    if (!lack_of_watches().empty()) GTEST_SKIP() << "missing: hardware watches: " << lack_of_watches();
    EXPECT_FALSE(watch_memory(::getpid(), address() + 1, WatchFor::kWrites, kNoProgram));
}

}  // namespace
}  // namespace flowtap::hardware_watch_test

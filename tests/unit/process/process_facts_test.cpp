// SPDX-License-Identifier: Apache-2.0
#include "process/process_facts.h"

#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "fake_proc.h"
#include "no_descriptors.h"
#include "process/mapped_file.h"

namespace flowtap::process_facts_test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr unsigned kKernelThreadFlag = 0x00200000;

std::string elf_header(unsigned char elf_class, unsigned char machine) {
    std::string header(64, '\0');
    header.replace(0, 4,
                   "\x7f"
                   "ELF");
    header[4] = static_cast<char>(elf_class);
    header[18] = static_cast<char>(machine);
    return header;
}

// /proc/PID/exe is a symbolic link, so the fake one must be too.
void link_exe(const FakeProc& proc, int pid, const std::string& elf) {
    const std::string directory = proc.root() + "/" + std::to_string(pid);
    proc.put("program" + std::to_string(pid), elf);
    std::filesystem::remove(directory + "/exe");
    std::filesystem::create_symlink(proc.root() + "/program" + std::to_string(pid), directory + "/exe");
}

Error error_of(const FakeProc& proc, int pid) {
    const auto facts = read_process_facts(pid, proc.root());
    return facts ? Error{"nothing", "", "it was accepted"} : facts.error();
}

TEST(ProcessFacts, DescribeThisProcess) {
    const auto facts = read_process_facts(::getpid());
    ASSERT_TRUE(facts) << facts.error().message();
    EXPECT_EQ(facts->pid, ::getpid());
    EXPECT_GT(facts->start_ticks, 0U);
    EXPECT_EQ(facts->exe, std::filesystem::read_symlink("/proc/self/exe"));
    EXPECT_EQ(facts->elf_machine, EM_X86_64);
    EXPECT_EQ(facts->elf_class, ELFCLASS64);
    EXPECT_FALSE(facts->command_line.empty());
    EXPECT_EQ(start_ticks_of(::getpid()), facts->start_ticks);
    bool found = false;
    for (const Mapping& mapping : facts->mappings) found |= mapping.executable && mapping.path == facts->exe;
    EXPECT_TRUE(found);
}

TEST(ProcessFacts, ReadNamesWithBlanksAndParentheses) {
    const FakeProc proc;
    proc.put_process(7, "(evil) R 1 (x y))", 'S', 0, "");
    link_exe(proc, 7, elf_header(ELFCLASS64, EM_X86_64));
    const auto facts = read_process_facts(7, proc.root());
    ASSERT_TRUE(facts) << facts.error().message();
    EXPECT_EQ(facts->start_ticks, 4242U);
    EXPECT_THAT(facts->command_line, ElementsAre("prog", "-x", ""));
    EXPECT_EQ(facts->exe, proc.root() + "/program7");
}

TEST(ProcessFacts, RefuseWhatIsNoWatchableProcess) {
    const FakeProc proc;
    proc.put_process(1, "(zombie)", 'Z', 0, "");
    proc.put_process(2, "(kthreadd)", 'S', kKernelThreadFlag, "");
    proc.put_process(3, "(arm)", 'S', 0, "");
    link_exe(proc, 3, elf_header(ELFCLASS64, EM_AARCH64));
    proc.put_process(4, "(i386)", 'S', 0, "");
    link_exe(proc, 4, elf_header(ELFCLASS32, EM_386));
    proc.put_process(5, "(thread)", 'S', 0, "");
    proc.put("5/status", "Name:\tthread\nTgid:\t77\nPid:\t5\n");
    proc.put_process(8, "(riscv)", 'S', 0, "");
    link_exe(proc, 8, elf_header(ELFCLASS64, EM_RISCV));
    const auto expect = [&](int pid, const std::string& why) {
        const Error error = error_of(proc, pid);
        EXPECT_EQ(error.message(), "inspect process " + std::to_string(pid) + ": " + why);
        EXPECT_EQ(error.kind, Error::Kind::kNoTarget) << error.message();
    };
    const std::string another = " (name the PID of a running program)";
    const std::string supported = "; flowtap supports 64-bit x86-64 processes";
    expect(1, "it has ended (a zombie)" + another);
    expect(2, "it is a kernel thread" + another);
    expect(3, "it is an aarch64 process" + supported);
    expect(4, "it is a 32-bit process" + supported);
    expect(5, "it is a thread of process 77 (name the PID of the process)");
    expect(6, "no such process" + another);
    expect(8, "it is a process of ELF machine 243" + supported);
    expect(0, "a process ID is a positive number" + another);
    expect(-1, "a process ID is a positive number" + another);
}

TEST(ProcessFacts, SurviveFilesOfAnyForm) {
    const FakeProc proc;
    proc.put_process(1, "(odd)", 'S', 0, "");
    for (const std::string text :
         {"", "1", "1 (x", "1 (x)", "1 (x) ", "1 (x) S", "1 (x) SS 1 2 3 4 5 6 7 8 9",
          "1 (x) S 1 1 1 0 -1 99999999999999999999999 0 0 0 0 0 0 0 0 0 0 0 0 5 0"}) {
        proc.put("1/stat", text);
        EXPECT_THAT(error_of(proc, 1).message(), HasSubstr("its stat file has an unknown form")) << text;
        EXPECT_EQ(start_ticks_of(1, proc.root()), std::nullopt) << text;
    }
    proc.put_process(2, "(script)", 'S', 0, "");
    link_exe(proc, 2, "#!");
    EXPECT_THAT(error_of(proc, 2).message(), HasSubstr("its executable is not an ELF file"));
}

// The kernel may give the number to another process while its files are read.
TEST(ProcessFacts, AreOfOneProcess) {
    const FakeProc proc;
    proc.put_process(3, "(first)", 'S', 0, "");
    link_exe(proc, 3, elf_header(ELFCLASS64, EM_X86_64));
    const std::string command_line = proc.root() + "/3/cmdline";
    std::filesystem::remove(command_line);
    ASSERT_EQ(::mkfifo(command_line.c_str(), 0600), 0);
    std::thread kernel([&] {
        const Fd end(::open(command_line.c_str(), O_WRONLY | O_CLOEXEC));
        proc.put("3/stat", "3 (second) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9999 0 0 0\n");
    });
    EXPECT_THAT(error_of(proc, 3).message(), HasSubstr("no such process any more"));
    kernel.join();
}

TEST(ProcessFacts, TellAThreadFromItsProcess) {
    pid_t thread_id = 0;
    Error error;
    std::thread([&] {
        thread_id = static_cast<pid_t>(::syscall(SYS_gettid));
        const auto facts = read_process_facts(thread_id);
        if (!facts) error = facts.error();
    }).join();
    EXPECT_THAT(error.message(), HasSubstr("a thread of process " + std::to_string(::getpid())));
}

TEST(ProcessEnd, IsToldOfTheProcessThatHadTheNumber) {
    const FakeProc proc;
    proc.put_process(1, "(one)", 'S', 0, "");
    EXPECT_FALSE(has_ended(1, proc.root()));
    EXPECT_FALSE(has_ended(1, 4242, proc.root()));
    EXPECT_TRUE(has_ended(1, 4241, proc.root()));
    EXPECT_TRUE(has_ended(2, proc.root()));
    EXPECT_TRUE(has_ended(2, 4242, proc.root()));
}

TEST(ProcessEnd, IsNotConcludedFromALackOfDescriptors) {
    const std::uint64_t start_ticks = start_ticks_of(::getpid()).value();
    const test::NoDescriptors none;
    ASSERT_EQ(start_ticks_of(::getpid()), std::nullopt);
    EXPECT_FALSE(has_ended(::getpid()));
    EXPECT_FALSE(has_ended(::getpid(), start_ticks));
}

TEST(MappedFilePath, OpensAFileThatWasDeleted) {
    const FakeProc directory;
    const std::string program = directory.root() + "/sleeper";
    std::filesystem::copy_file("/bin/sleep", program);
    struct stat original = {};
    ASSERT_EQ(::stat(program.c_str(), &original), 0);
    int started[2];
    ASSERT_EQ(::pipe2(started, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(program.c_str(), "sleeper", "60", nullptr);
        ::_exit(127);
    }
    ::close(started[1]);
    char byte = 0;
    ASSERT_EQ(::read(started[0], &byte, 1), 0) << "the exec closes the child's end";
    ::close(started[0]);
    std::filesystem::remove(program);

    const auto facts = read_process_facts(child);
    ASSERT_TRUE(facts) << facts.error().message();
    bool found = false;
    for (const Mapping& mapping : facts->mappings) {
        if (!mapping.executable || mapping.inode != original.st_ino) continue;
        struct stat opened = {};
        found = true;
        if (::geteuid() != 0) continue;  // opening map_files takes privilege
        EXPECT_EQ(::stat(mapped_file_path(*facts, mapping).c_str(), &opened), 0) << mapping.path;
        EXPECT_EQ(opened.st_ino, original.st_ino);
    }
    EXPECT_TRUE(found);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

}  // namespace

}  // namespace flowtap::process_facts_test

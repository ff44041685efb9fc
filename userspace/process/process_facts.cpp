// SPDX-License-Identifier: Apache-2.0
#include "process/process_facts.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>

#include "arch/architecture.h"
#include "base/fd.h"
#include "privilege/capability.h"
#include "process/proc_file.h"
#include "process/proc_maps.h"
#include "process/proc_stat.h"

namespace flowtap {

namespace {

constexpr std::size_t kMaxStatBytes = 64 << 10;
constexpr std::size_t kMaxCommandBytes = 4 << 20;
constexpr std::size_t kMaxMapsBytes = 64 << 20;

constexpr const char* kNameARunningOne = "name the PID of a running program";

std::string directory_of(pid_t pid, const std::string& proc_root) {
    return proc_root + "/" + std::to_string(pid);
}

Error no_target(pid_t pid, std::string cause, std::string remedy = {}) {
    return {"inspect process", std::to_string(pid), std::move(cause), std::move(remedy),
            Error::Kind::kNoTarget};
}

Error proc_error(pid_t pid, int error) {
    if (error == ENOENT || error == ESRCH) return no_target(pid, "no such process", kNameARunningOne);
    Error result = errno_error("inspect process", std::to_string(pid), error);
    if (error == EACCES || error == EPERM) {
        result.remedy = remedy_for_lack_of({kCapSysPtrace, kCapDacReadSearch});
        result.kind = Error::Kind::kEnvironment;
    }
    return result;
}

// Of what is in /proc under this number: a thread has a directory there as well, though no listing shows it.
Result<void> check_is_process(pid_t pid, const std::string& directory) {
    constexpr std::string_view kKey = "\nTgid:\t";
    const std::string status = read_proc_file(directory + "/status", kMaxStatBytes).text;
    const std::size_t at = status.find(kKey);
    pid_t leader = pid;
    if (at != std::string::npos) {
        std::from_chars(status.data() + at + kKey.size(), status.data() + status.size(), leader);
    }
    if (leader == pid) return {};
    return no_target(pid, "it is a thread of process " + std::to_string(leader),
                     "name the PID of the process");
}

Result<ProcStat> read_stat(pid_t pid, const std::string& directory) {
    const ProcFile file = read_proc_file(directory + "/stat", kMaxStatBytes);
    if (file.error != 0) return proc_error(pid, file.error);
    const auto stat = parse_proc_stat(file.text);
    if (!stat) return Error{"inspect process", std::to_string(pid), "its stat file has an unknown form"};
    return *stat;
}

Result<std::string> read_exe(pid_t pid, const std::string& directory) {
    std::string target(PATH_MAX, '\0');
    const ssize_t length = ::readlink((directory + "/exe").c_str(), target.data(), target.size());
    if (length < 0) return proc_error(pid, errno);
    target.resize(static_cast<std::size_t>(length));
    return target;
}

Result<std::array<unsigned char, 20>> read_elf_start(pid_t pid, const std::string& directory) {
    std::array<unsigned char, 20> start = {};
    const Fd fd(::open((directory + "/exe").c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return proc_error(pid, errno);
    const ssize_t got = ::read(fd.get(), start.data(), start.size());
    if (got != static_cast<ssize_t>(start.size()) || std::memcmp(start.data(), ELFMAG, SELFMAG) != 0) {
        return no_target(pid, "its executable is not an ELF file", kNameARunningOne);
    }
    return start;
}

std::string architecture_name(const ProcessFacts& facts) {
    if (facts.elf_machine == EM_AARCH64) return "an aarch64 process";
    if (facts.elf_class != ELFCLASS64) return "a 32-bit process";
    return "a process of ELF machine " + std::to_string(facts.elf_machine);
}

Result<void> read_architecture(ProcessFacts& facts, const std::string& directory) {
    const auto start = read_elf_start(facts.pid, directory);
    if (!start) return start.error();
    facts.elf_class = (*start)[EI_CLASS];
    facts.elf_machine = static_cast<std::uint16_t>((*start)[18] | (*start)[19] << 8);
    if (facts.elf_class == ELFCLASS64 && facts.elf_machine == arch::kElfMachine) return {};
    return no_target(facts.pid, "it is " + architecture_name(facts) + "; flowtap supports 64-bit " +
                                    arch::kName + " processes");
}

// Arguments end in NUL each; a program may have overwritten them with anything (setproctitle).
std::vector<std::string> split_arguments(std::string_view text) {
    std::vector<std::string> arguments;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\0'), text.size());
        arguments.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return arguments;
}

Result<void> read_contents(ProcessFacts& facts, const std::string& directory) {
    auto exe = read_exe(facts.pid, directory);
    if (!exe) return exe.error();
    facts.exe = std::move(*exe);
    if (auto supported = read_architecture(facts, directory); !supported) return supported.error();
    const ProcFile command = read_proc_file(directory + "/cmdline", kMaxCommandBytes);
    if (command.error != 0) return proc_error(facts.pid, command.error);
    facts.command_line = split_arguments(command.text);
    const ProcFile maps = read_proc_file(directory + "/maps", kMaxMapsBytes);
    if (maps.error != 0) return proc_error(facts.pid, maps.error);
    facts.mappings = parse_file_mappings(maps.text);
    return {};
}

std::string hexadecimal(std::uint64_t value) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return {digits.data(), end};
}

}  // namespace

Result<ProcessFacts> read_process_facts(pid_t pid, const std::string& proc_root) {
    if (pid <= 0) return no_target(pid, "a process ID is a positive number", kNameARunningOne);
    const std::string directory = directory_of(pid, proc_root);
    const auto stat = read_stat(pid, directory);
    if (!stat) return stat.error();
    if (stat->kernel_thread()) return no_target(pid, "it is a kernel thread", kNameARunningOne);
    if (stat->zombie()) return no_target(pid, "it has ended (a zombie)", kNameARunningOne);
    if (auto process = check_is_process(pid, directory); !process) return process.error();

    ProcessFacts facts;
    facts.pid = pid;
    facts.start_ticks = stat->start_ticks;
    if (auto read = read_contents(facts, directory); !read) return read.error();
    // Files of /proc are read one by one: all were of one process only if it is still the same.
    const auto again = read_stat(pid, directory);
    if (!again) return again.error();
    if (again->start_ticks != facts.start_ticks)
        return no_target(pid, "no such process any more", kNameARunningOne);
    return facts;
}

std::vector<std::string> code_mappings(const ProcessFacts& facts) {
    std::vector<std::string> code;
    for (const Mapping& mapping : facts.mappings)
        if (mapping.executable) code.push_back(hexadecimal(mapping.start) + " " + mapping.path);
    return code;
}

bool has_ended(pid_t pid, const std::string& proc_root) {
    if (pid <= 0) return true;
    const auto stat = read_stat(pid, directory_of(pid, proc_root));
    return !stat && stat.error().kind == Error::Kind::kNoTarget;
}

bool has_ended(pid_t pid, std::uint64_t start_ticks, const std::string& proc_root) {
    if (pid <= 0) return true;
    const auto stat = read_stat(pid, directory_of(pid, proc_root));
    return stat ? stat->start_ticks != start_ticks : stat.error().kind == Error::Kind::kNoTarget;
}

std::optional<std::uint64_t> start_ticks_of(pid_t pid, const std::string& proc_root) {
    if (pid <= 0) return std::nullopt;
    const auto stat = read_stat(pid, directory_of(pid, proc_root));
    if (!stat) return std::nullopt;
    return stat->start_ticks;
}

}  // namespace flowtap

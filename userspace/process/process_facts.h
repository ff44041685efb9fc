// SPDX-License-Identifier: Apache-2.0
// What /proc says of one process at one moment.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace flowtap {

// One line of /proc/PID/maps that has a file behind it.
struct Mapping {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  // of start, in the file
    bool executable = false;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint64_t inode = 0;  // 0: not known
    std::string path;         // as the target's mount namespace names it; may end in " (deleted)"
};

struct ProcessFacts {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;  // {pid, start_ticks} is a process's identity: PIDs are used again
    std::string exe;                // target of /proc/PID/exe
    std::vector<std::string> command_line;
    bool kernel_thread = false;  // always false in facts that read_process_facts returned
    std::uint16_t elf_machine = 0;
    std::uint8_t elf_class = 0;
    std::vector<Mapping> mappings;
};

// Errors: kNoTarget for what is no process that can be watched (absent, zombie, kernel thread, foreign
// architecture; the cause says which), kEnvironment where this user may not look.
Result<ProcessFacts> read_process_facts(pid_t pid, const std::string& proc_root = "/proc");

// Where the files with code are mapped: another value means that some were loaded or unloaded.
std::vector<std::string> code_mappings(const ProcessFacts& facts);

// Whether there is no such process; with start_ticks, whether the one that had the number then is gone. False
// where it cannot be told, as without a free file descriptor: no process is given up for that.
bool has_ended(pid_t pid, const std::string& proc_root = "/proc");
bool has_ended(pid_t pid, std::uint64_t start_ticks, const std::string& proc_root = "/proc");

// nullopt where there is no such process, or its start time cannot be read.
std::optional<std::uint64_t> start_ticks_of(pid_t pid, const std::string& proc_root = "/proc");

}  // namespace flowtap

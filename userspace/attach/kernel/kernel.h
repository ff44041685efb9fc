// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attach/kernel/probe_link.h"
#include "base/result.h"
#include "plan/plan.h"

namespace flowtap {

// What the attacher requires from the kernel. BpfObject implements it for the running kernel; tests have one
// in which any step can fail. Functions that can fail return an errno value, or 0.
class Kernel {
public:
    // See bpf/target.h.
    enum class Table : std::uint8_t {
        kTargets,
        kLayouts,
        kSites,
        kNumbered,
        kLandings,
        kWatches,
        kReads,
        kCodes,
        kPaths,
        kOutcomes,
        kNames
    };
    // An instruction of a file. semaphore: file offset of a counter that the kernel increments in the process
    // (include/linux/uprobes.h: ref_ctr_offset) until the link is closed; 0: none.
    struct Place {
        std::uint64_t offset = 0;
        std::uint64_t semaphore = 0;
        std::uint64_t cookie = 0;  // the number of the probe's site, in `numbered`; 0: it has none
    };

    virtual ~Kernel() = default;

    virtual int put(Table table, std::span<const std::byte> key, std::span<const std::byte> value) = 0;
    // A missing key is not an error. In tables with numbers as keys, sets the value to zero.
    virtual void erase(Table table, std::span<const std::byte> key) = 0;
    // All hits counted under a site's number, including those of earlier holders.
    [[nodiscard]] virtual std::uint64_t hits(std::uint32_t) const { return 0; }
    // Removes everything that the programs noted about the process's executions.
    virtual void forget_executions(std::uint32_t tgid) = 0;

    // Opens a file for reading.
    virtual int open(const std::string& path, Fd& file) = 0;
    // Attaches a program at places of one file in one process. Appends the links, even if it fails.
    virtual int link(Program program, pid_t pid, const std::string& file, std::span<const Place> places,
                     std::vector<Link>& made) = 0;
    // Whether one link can attach this program to many places. Otherwise each place needs a perf event.
    [[nodiscard]] virtual bool links_many(Program program) const = 0;
    // Runs kPythonWatchBegin or kPythonWatchEnd at accesses to the process's memory; see hardware_watch.h.
    virtual Result<std::vector<Fd>> watch(pid_t pid, std::uint64_t address, Program program) = 0;

protected:
    Kernel() = default;
    Kernel(const Kernel&) = default;
    Kernel(Kernel&&) = default;
    Kernel& operator=(const Kernel&) = default;
    Kernel& operator=(Kernel&&) = default;
};

// Keys and values as the kernel stores them.
template <typename T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

}  // namespace flowtap

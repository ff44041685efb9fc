// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "base/result.h"
#include "elf/elf_files.h"
#include "plan/native/native_templates.h"
#include "plan/plan.h"
#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// What can be observed in an interpreter, each separately; see python_taps.h.
enum class Tap : std::uint8_t {
    kSteps,
    kBirths,
    kAllBirths,
    kCompletions,
    kAbandonments,
    kDeaths,
    kDrives,
    kCalls,
    kUnpackedCalls,
    kInstances,
    kVariable,
    kContexts,
    kRaises,
    kTracebacks,
    kKeptFrames,
};

using Taps = Result<std::vector<PlannedProbe>>;

// Caches the results of disassembling the interpreters' files. Disassembly takes most of the time of a plan,
// and depends on the file only.
class TapCache {
public:
    static constexpr std::size_t kMostFiles = 32;

    // Calls the function of python_taps.h; the result has this process's addresses. `type` is for kInstances.
    Taps find(Tap tap, const Interpreter& interpreter, const Memory& memory, std::uint64_t type = 0);

    // CPU time that disassembly has taken so far, for all processes that run these files.
    [[nodiscard]] std::uint64_t search_ns() const { return search_ns_; }

private:
    struct Entry {
        FileIdentity file;
        std::map<Tap, Taps> taps;  // with link-time addresses
    };
    Entry& entry_of(const FileIdentity& file);

    std::deque<Entry> entries_;  // oldest first
    std::uint64_t search_ns_ = 0;
};

// Caches that plans of different processes share.
struct PlanCache {
    ElfFiles files;
    TapCache taps;
    NativeTemplates natives;
};

}  // namespace flowtap

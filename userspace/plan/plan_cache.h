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

// The kinds of events that can be observed in an interpreter, each by probes of its own; see python_probes.h.
enum class InterpreterEvent : std::uint8_t {
    kSteps,
    kCreations,
    kAllCreations,
    kCompletions,
    kAbandonments,
    kDestructions,
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

using FoundProbes = Result<std::vector<PlannedProbe>>;

// Caches the results of disassembling the interpreters' files. Disassembly takes most of the time of a plan,
// and depends on the file only.
class ProbeCache {
public:
    static constexpr std::size_t kMostFiles = 32;

    // Calls the function of python_probes.h; the result has this process's addresses. `type` is for
    // kInstances.
    FoundProbes find(InterpreterEvent event, const Interpreter& interpreter, const Memory& memory,
                     std::uint64_t type = 0);

    // CPU time that disassembly has taken so far, for all processes that run these files.
    [[nodiscard]] std::uint64_t search_ns() const { return search_ns_; }

private:
    struct Entry {
        FileIdentity file;
        std::map<InterpreterEvent, FoundProbes> probes;  // with link-time addresses
    };
    Entry& entry_of(const FileIdentity& file);

    std::deque<Entry> entries_;  // oldest first
    std::uint64_t search_ns_ = 0;
};

// Caches that plans of different processes share.
struct PlanCache {
    ElfFiles files;
    ProbeCache probes;
    NativeTemplates natives;
};

}  // namespace flowtap

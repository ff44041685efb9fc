// SPDX-License-Identifier: Apache-2.0
#include "plan/plan_cache.h"

#include <algorithm>

#include "plan/python/probes/python_probes.h"
#include "process/metered_memory.h"

namespace flowtap {
namespace {

FoundProbes search(InterpreterEvent event, const Interpreter& interpreter, const Memory& memory,
                   std::uint64_t type) {
    switch (event) {
        case InterpreterEvent::kSteps:
            return step_probes(interpreter, memory);
        case InterpreterEvent::kCreations:
            return creation_probes(interpreter, memory);
        case InterpreterEvent::kAllCreations:
            return all_creation_probes(interpreter);
        case InterpreterEvent::kCompletions:
            return completion_probes(interpreter);
        case InterpreterEvent::kAbandonments:
            return abandonment_probes(interpreter, memory);
        case InterpreterEvent::kDestructions:
            return destruction_probes(interpreter, memory);
        case InterpreterEvent::kDrives:
            return drive_probes(interpreter, memory);
        case InterpreterEvent::kCalls:
            return call_probes(interpreter);
        case InterpreterEvent::kUnpackedCalls:
            return unpacked_call_probes(interpreter);
        case InterpreterEvent::kInstances:
            return instance_probes(interpreter, memory, type);
        case InterpreterEvent::kVariable:
            return variable_probes(interpreter, memory);
        case InterpreterEvent::kContexts:
            return context_probes(interpreter, memory);
        case InterpreterEvent::kRaises:
            return raise_probes(interpreter);
        case InterpreterEvent::kTracebacks:
            return traceback_probes(interpreter);
        case InterpreterEvent::kKeptFrames:
            return kept_frame_probes(interpreter);
    }
    return std::vector<PlannedProbe>{};
}

// If a process dies during the search, the result says nothing about its interpreter's file.
bool can_be_read(const Interpreter& interpreter, const Memory& memory) {
    const auto type = interpreter.object_address("PyCoro_Type");
    return type && memory.read<std::uint64_t>(*type).has_value();
}

}  // namespace

ProbeCache::Entry& ProbeCache::entry_of(const FileIdentity& file) {
    const auto known = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.file == file; });
    if (known != entries_.end()) return *known;
    if (entries_.size() == kMostFiles) entries_.pop_front();
    return entries_.emplace_back(Entry{file, {}});
}

FoundProbes ProbeCache::find(InterpreterEvent event, const Interpreter& interpreter, const Memory& memory,
                             std::uint64_t type) {
    const std::uint64_t bias = interpreter.load_bias();
    Entry& entry = entry_of(interpreter.elf().identity());
    auto known = entry.probes.find(event);
    if (known == entry.probes.end()) {
        const std::uint64_t began_ns = thread_cpu_ns();
        FoundProbes found = search(event, interpreter, memory, type);
        search_ns_ += thread_cpu_ns() - began_ns;
        // For kInstances, the result also depends on the process.
        if (!found && (event == InterpreterEvent::kInstances || !can_be_read(interpreter, memory)))
            return found;
        if (found)
            for (PlannedProbe& probe : *found) probe.address -= bias;
        known = entry.probes.emplace(event, std::move(found)).first;
    }
    FoundProbes probes = known->second;
    if (!probes) return probes;
    for (PlannedProbe& probe : *probes) {
        probe.address += bias;
        probe.file = interpreter.elf_path();
    }
    return probes;
}

}  // namespace flowtap

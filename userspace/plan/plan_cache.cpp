// SPDX-License-Identifier: Apache-2.0
#include "plan/plan_cache.h"

#include <algorithm>

#include "plan/python/python_taps.h"
#include "process/metered_memory.h"

namespace flowtap {
namespace {

Taps search(Tap tap, const Interpreter& interpreter, const Memory& memory, std::uint64_t type) {
    switch (tap) {
        case Tap::kSteps:
            return step_taps(interpreter, memory);
        case Tap::kBirths:
            return birth_taps(interpreter, memory);
        case Tap::kAllBirths:
            return all_birth_taps(interpreter);
        case Tap::kCompletions:
            return completion_tap(interpreter);
        case Tap::kAbandonments:
            return abandonment_taps(interpreter, memory);
        case Tap::kDeaths:
            return death_tap(interpreter, memory);
        case Tap::kDrives:
            return drive_taps(interpreter, memory);
        case Tap::kCalls:
            return call_taps(interpreter);
        case Tap::kUnpackedCalls:
            return unpacked_call_taps(interpreter);
        case Tap::kInstances:
            return instance_taps(interpreter, memory, type);
        case Tap::kVariable:
            return variable_taps(interpreter, memory);
        case Tap::kContexts:
            return context_taps(interpreter, memory);
        case Tap::kRaises:
            return raise_taps(interpreter);
        case Tap::kTracebacks:
            return traceback_tap(interpreter);
        case Tap::kKeptFrames:
            return kept_frame_taps(interpreter);
    }
    return std::vector<PlannedProbe>{};
}

// If a process dies during the search, the result says nothing about its interpreter's file.
bool can_be_read(const Interpreter& interpreter, const Memory& memory) {
    const auto type = interpreter.object_address("PyCoro_Type");
    return type && memory.read<std::uint64_t>(*type).has_value();
}

}  // namespace

TapCache::Entry& TapCache::entry_of(const FileIdentity& file) {
    const auto known = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.file == file; });
    if (known != entries_.end()) return *known;
    if (entries_.size() == kMostFiles) entries_.pop_front();
    return entries_.emplace_back(Entry{file, {}});
}

Taps TapCache::find(Tap tap, const Interpreter& interpreter, const Memory& memory, std::uint64_t type) {
    const std::uint64_t bias = interpreter.load_bias();
    Entry& entry = entry_of(interpreter.elf().identity());
    auto known = entry.taps.find(tap);
    if (known == entry.taps.end()) {
        const std::uint64_t began_ns = thread_cpu_ns();
        Taps found = search(tap, interpreter, memory, type);
        search_ns_ += thread_cpu_ns() - began_ns;
        // For kInstances, the result also depends on the process.
        if (!found && (tap == Tap::kInstances || !can_be_read(interpreter, memory))) return found;
        if (found)
            for (PlannedProbe& probe : *found) probe.address -= bias;
        known = entry.taps.emplace(tap, std::move(found)).first;
    }
    Taps taps = known->second;
    if (!taps) return taps;
    for (PlannedProbe& probe : *taps) {
        probe.address += bias;
        probe.file = interpreter.elf_path();
    }
    return taps;
}

}  // namespace flowtap

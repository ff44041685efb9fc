// SPDX-License-Identifier: Apache-2.0
// Translates the sources in a profile to the reads at the entry of a native function.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bpf/target.h"
#include "code/function/function_code.h"
#include "plan/plan.h"
#include "profile/profile.h"

namespace flowtap {

class DebugInfo;

// The values that one probe reads.
struct NativeReads {
    ft_reads reads = {};
    RegisterSet registers;      // must hold the same values as at the entry
    bool reads_memory = false;  // also the memory they point to
    std::vector<IdOrigin> origins;
    EnumNames workflow_names;
    EnumNames node_names;
};

// The values wanted from a function's arguments; key and result are numbers.
struct EntryValues {
    IdSources ids = {};
    IdSource key = {};
    IdSource result = {};
};

// The reads at the entry of the function at this link-time address. `debug` may be null: then names cannot be
// resolved. Errors (kUsage): an id that does not exist, with what was tried.
Result<NativeReads> entry_reads(const EntryValues& wanted, const DebugInfo* debug, std::uint64_t address);

// A path from the stack pointer means its value at the entry. Corrects it for a probe at a site where the
// stack pointer has moved.
void adjust_to_site(ft_reads& reads, int stack_adjust);

}  // namespace flowtap

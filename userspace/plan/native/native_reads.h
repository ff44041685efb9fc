// SPDX-License-Identifier: Apache-2.0
// What is read at the entry of a native function, and how: from a profile's words to access paths.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bpf/target.h"
#include "code/function_code.h"
#include "plan/plan.h"
#include "profile/profile.h"

namespace flowtap {

class DebugInfo;

// The values that one probe reads.
struct NativeReads {
    ft_reads reads = {};
    RegisterSet registers;      // must be as at the function's entry
    bool reads_memory = false;  // what they point to, too
    std::vector<IdOrigin> origins;
    EnumNames workflow_names;
    EnumNames node_names;
};

// What is wanted of a function's arguments; for a key and a result, numbers.
struct EntryValues {
    IdSources ids = {};
    IdSource key = {};
    IdSource result = {};
};

// At the entry of the function at this address (as linked). `debug` may be null: names cannot be resolved
// then. Errors (kUsage): an id that is not there, with what was tried.
Result<NativeReads> entry_reads(const EntryValues& wanted, const DebugInfo* debug, std::uint64_t address);

// A path that starts at the stack pointer means it as it is at the entry; the probe may sit where it has
// moved.
void adjust_to_site(ft_reads& reads, int stack_adjust);

}  // namespace flowtap

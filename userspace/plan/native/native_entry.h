// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "code/function/function_code.h"
#include "plan/native/native_binary.h"
#include "plan/native/native_functions.h"
#include "plan/native/native_reads.h"
#include "plan/plan.h"
#include "sites/site.h"

namespace flowtap {

// A probe of the point, named `point:suffix`.
PlannedProbe probe_at(const NativeBinary& binary, const Site& site, const Point& point, const char* suffix,
                      SiteDetails details, std::size_t index);

// The entry of a native function, and the values read there.
struct NativeEntry {
    FunctionCode code;
    Site site;  // stack_adjust is known
    NativeReads reads;
};

// Errors: no code at the address, a Go function, a value that does not exist, no instruction for the probe.
Result<NativeEntry> native_entry(const NativeBinary& binary, std::uint64_t address, const Point& point,
                                 const EntryValues& wanted);

// The probe of the point at the entry.
PlannedProbe entry_probe(const NativeBinary& binary, const NativeEntry& entry, const Point& point,
                         const char* suffix, FunctionEntry::Means means, std::size_t index);

// Two points with one entry would count each execution twice. Errors: the function's entry is already probed.
Result<void> check_free(const Plan& plan, const NativeFunction& function);

}  // namespace flowtap

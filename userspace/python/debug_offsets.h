// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "process/memory.h"
#include "python/layout.h"
#include "python/versions/debug_offset_table.h"

namespace flowtap {

// CPython 3.13 and later describe part of their own layout in _Py_DebugOffsets at the start of _PyRuntime
// (Include/internal/pycore_runtime.h, pycore_debug_offsets.h). Its values replace those of the version.
// Errors: no such table, another version than hex_version (Py_Version), free-threaded (all three kNoTarget),
// or a value that cannot be an offset.
Result<void> apply_debug_offsets(const Memory& memory, std::uint64_t runtime_address,
                                 std::uint32_t hex_version, const DebugOffsetTable& table,
                                 PythonLayout& layout);

}  // namespace flowtap

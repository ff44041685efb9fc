// SPDX-License-Identifier: Apache-2.0
// How builds of one CPython version differ: those whose objects lie otherwise, and those that run code
// otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "elf/elf_file.h"
#include "process/memory.h"
#include "python/layout.h"

namespace flowtap {

// The header of None tells the kind of build, stripped or not: Py_TRACE_REFS puts two pointers before it
// (3.11 and 3.12), a free-threaded build the owning thread. Needs layout.bpf.none; type_type is the address
// of PyType_Type. Errors (kNoTarget): None is not where an ordinary build has it, or not what it is there.
Result<void> check_objects(const Memory& memory, const PythonLayout& layout, std::uint64_t type_type);

// Whether this is a build with Py_TRACE_REFS: only there sys has a getobjects() (Python/sysmodule.c).
// From 3.13 on its objects lie as in an ordinary one. interpreter: a PyInterpreterState.
bool traces_references(const Memory& memory, const PythonLayout& layout, std::uint64_t interpreter);

// What is unusual about an interpreter that can be watched, in words for people: "JIT on". Most have nothing.
std::vector<std::string> unusual_traits(const ElfFile& elf, const Memory& memory, std::uint64_t interpreter,
                                        const PythonLayout& layout);

}  // namespace flowtap

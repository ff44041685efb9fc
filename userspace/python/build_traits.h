// SPDX-License-Identifier: Apache-2.0
// How builds of one CPython version differ in the layout of objects and in the way they run code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "elf/elf_file.h"
#include "process/memory.h"
#include "python/layout.h"

namespace flowtap {

// Checks the kind of build by the header of None, which works for stripped builds, too: Py_TRACE_REFS puts
// two pointers before it (3.11 and 3.12), a free-threaded build the owning thread. Needs layout.bpf.none;
// type_type is the address of PyType_Type. Errors (kNoTarget): None does not look as in an ordinary build.
Result<void> check_objects(const Memory& memory, const PythonLayout& layout, std::uint64_t type_type);

// Whether this is a build with Py_TRACE_REFS: only those have sys.getobjects() (Python/sysmodule.c). From
// 3.13 on, their objects are laid out as in an ordinary build. interpreter: a PyInterpreterState.
bool traces_references(const Memory& memory, const PythonLayout& layout, std::uint64_t interpreter);

// Unusual traits of an interpreter that flowtap supports, as text: "JIT on". Most have none.
std::vector<std::string> unusual_traits(const ElfFile& elf, const Memory& memory, std::uint64_t interpreter,
                                        const PythonLayout& layout);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "elf/elf_files.h"
#include "process/process_facts.h"

namespace flowtap {

struct LoadedFile {
    std::shared_ptr<const ElfFile> elf;
    std::uint64_t load_bias = 0;
};

// The file of a process that contains CPython: its executable or libpython.
struct PythonBinary {
    std::shared_ptr<const ElfFile> elf;
    std::string path;  // by which this process can open it
    std::uint64_t load_bias = 0;
    // If CPython is a library: the program that embeds it, if that can be read. A linker may have moved
    // variables of the library that the program uses into the program (copy relocations).
    std::optional<LoadedFile> program = {};
};

// nullopt: no file of the process exports CPython's symbols. Errors (kNoTarget): a Python that is not CPython
// 3.7 or later (PyPy, CPython 2 and 3.6), or a process that runs a copy of its code.
Result<std::optional<PythonBinary>> find_python_binary(const ProcessFacts& facts, ElfFiles& files);

}  // namespace flowtap

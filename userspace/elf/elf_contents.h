// SPDX-License-Identifier: Apache-2.0
// What an ElfFile holds: for its own sources only.
#pragma once

#include <libelf.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "elf/elf_file.h"
#include "elf/file_identity.h"
#include "elf/frame_table.h"
#include "elf/relocation_table.h"
#include "elf/segments.h"
#include "elf/symbols/debug_file.h"
#include "elf/symbols/symbol_table.h"

namespace flowtap {

struct ElfEnd {
    void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

struct ElfFile::Contents {
    // Of the file itself, and of files with more of its symbols where they are to be looked for.
    void read_symbols(const DebugSearch* search);

    std::string path;
    FileIdentity identity;
    Fd fd;  // outlives elf, which reads from it on demand
    ElfHandle elf;
    std::string build_id;
    Segments segments;
    std::vector<char> mini_debug_info;  // outlives more_elf
    std::optional<DebugFile> debug_file;
    std::vector<ElfHandle> more_elf;
    std::string symbol_sources;
    SymbolTable symbols;
    RelocationTable relocations;
    FrameTable frames;
    std::vector<Marker> markers;
};

}  // namespace flowtap

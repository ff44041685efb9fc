// SPDX-License-Identifier: Apache-2.0
// What the dynamic loader writes into a file's data.
#pragma once

#include <gelf.h>
#include <libelf.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace flowtap {

struct Relocation {
    uint64_t address = 0;
    uint32_t type = 0;  // R_*, of the file's machine
    int64_t addend = 0;
    std::string_view symbol;             // empty if it names none; lives as long as the Elf handle
    std::optional<uint64_t> definition;  // of the symbol, if this file defines it
};

class RelocationTable {
public:
    // The dynamic ones: SHT_RELA sections that are loaded. Packed ones (SHT_RELR) leave a plain address of
    // this file in place, so they need no entry.
    static RelocationTable read(Elf* elf);

    // Null if nothing is written at that address.
    [[nodiscard]] const Relocation* at(uint64_t address) const;

private:
    void read_section(Elf* elf, Elf_Scn* section, const GElf_Shdr& header);

    std::vector<Relocation> by_address_;
};

}  // namespace flowtap

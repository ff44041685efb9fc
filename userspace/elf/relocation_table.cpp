// SPDX-License-Identifier: Apache-2.0
#include "elf/relocation_table.h"

#include <algorithm>

namespace flowtap {
namespace {

void add_symbol(Elf* elf, Elf_Data* symbols, size_t strings, size_t index, Relocation& relocation) {
    GElf_Sym symbol;
    if (index == 0 || gelf_getsym(symbols, static_cast<int>(index), &symbol) == nullptr) return;
    if (const char* name = elf_strptr(elf, strings, symbol.st_name)) relocation.symbol = name;
    if (symbol.st_shndx != SHN_UNDEF) relocation.definition = symbol.st_value;
}

}  // namespace

RelocationTable RelocationTable::read(Elf* elf) {
    RelocationTable table;
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        if (header.sh_type == SHT_RELA && (header.sh_flags & SHF_ALLOC) != 0)
            table.read_section(elf, section, header);
    }
    std::stable_sort(table.by_address_.begin(), table.by_address_.end(),
                     [](const Relocation& a, const Relocation& b) { return a.address < b.address; });
    return table;
}

void RelocationTable::read_section(Elf* elf, Elf_Scn* section, const GElf_Shdr& header) {
    Elf_Data* data = elf_getdata(section, nullptr);
    Elf_Scn* linked = elf_getscn(elf, header.sh_link);
    GElf_Shdr linked_header;
    const bool has_symbols = header.sh_link != 0 && gelf_getshdr(linked, &linked_header) != nullptr &&
                             linked_header.sh_type == SHT_DYNSYM;
    Elf_Data* symbols = has_symbols ? elf_getdata(linked, nullptr) : nullptr;
    GElf_Rela raw;
    for (int index = 0; data != nullptr && gelf_getrela(data, index, &raw) != nullptr; ++index) {
        Relocation relocation{
            raw.r_offset, static_cast<uint32_t>(GELF_R_TYPE(raw.r_info)), raw.r_addend, {}, {}};
        if (symbols != nullptr)
            add_symbol(elf, symbols, linked_header.sh_link, GELF_R_SYM(raw.r_info), relocation);
        by_address_.push_back(relocation);
    }
}

const Relocation* RelocationTable::at(uint64_t address) const {
    const auto found =
        std::lower_bound(by_address_.begin(), by_address_.end(), address,
                         [](const Relocation& one, uint64_t wanted) { return one.address < wanted; });
    return found != by_address_.end() && found->address == address ? &*found : nullptr;
}

}  // namespace flowtap

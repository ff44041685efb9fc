// SPDX-License-Identifier: Apache-2.0
#include "elf/symbol_table.h"

#include <gelf.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

#include "elf/demangle.h"

namespace flowtap {
namespace {

std::string_view without_version(std::string_view name) { return name.substr(0, name.find('@')); }

std::optional<SymbolTable::Entry> to_entry(Elf* elf, size_t strings, const GElf_Sym& symbol) {
    const int type = GELF_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT)) return std::nullopt;
    const char* name = elf_strptr(elf, strings, symbol.st_name);
    if (name == nullptr || *name == '\0') return std::nullopt;
    return SymbolTable::Entry{without_version(name), symbol.st_value, symbol.st_size, type == STT_FUNC,
                              GELF_ST_BIND(symbol.st_info) != STB_LOCAL};
}

auto order(const SymbolTable::Entry& entry) {
    return std::tuple(entry.name, !entry.is_global, entry.address, entry.size);
}

}  // namespace

SymbolTable SymbolTable::read(Elf* elf) {
    SymbolTable table;
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        if (header.sh_type == SHT_SYMTAB) table.is_stripped_ = false;
        if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) table.read_section(elf, section);
    }
    table.sort();
    return table;
}

void SymbolTable::read_section(Elf* elf, Elf_Scn* section) {
    GElf_Shdr header;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || gelf_getshdr(section, &header) == nullptr) return;
    GElf_Sym symbol;
    for (int index = 0; gelf_getsym(data, index, &symbol) != nullptr; ++index)
        if (auto entry = to_entry(elf, header.sh_link, symbol)) by_name_.push_back(*entry);
}

void SymbolTable::sort() {
    std::sort(by_name_.begin(), by_name_.end(),
              [](const Entry& a, const Entry& b) { return order(a) < order(b); });
    const auto same = [](const Entry& a, const Entry& b) { return order(a) == order(b); };
    by_name_.erase(std::unique(by_name_.begin(), by_name_.end(), same), by_name_.end());
    by_address_.resize(by_name_.size());
    std::iota(by_address_.begin(), by_address_.end(), 0u);
    std::stable_sort(by_address_.begin(), by_address_.end(), [this](uint32_t a, uint32_t b) {
        return std::tuple(by_name_[a].address, !by_name_[a].is_global) <
               std::tuple(by_name_[b].address, !by_name_[b].is_global);
    });
}

std::vector<const SymbolTable::Entry*> SymbolTable::named(std::string_view name) const {
    auto at =
        std::lower_bound(by_name_.begin(), by_name_.end(), name,
                         [](const Entry& entry, std::string_view wanted) { return entry.name < wanted; });
    std::vector<const Entry*> found;
    for (; at != by_name_.end() && at->name == name; ++at) found.push_back(&*at);
    return found;
}

std::vector<const SymbolTable::Entry*> SymbolTable::functions_demangled_to(std::string_view name) const {
    // A mangled name spells each identifier out, so the last one rules out nearly all symbols cheaply.
    const std::string_view last = last_identifier(name);
    std::vector<const Entry*> found;
    for (const Entry& entry : by_name_) {
        if (!entry.is_function || entry.name.find(last) == std::string_view::npos) continue;
        if (demangled_function_name(entry.name) == name) found.push_back(&entry);
    }
    return found;
}

const SymbolTable::Entry* SymbolTable::starting_at(uint64_t address) const {
    const auto at = std::lower_bound(
        by_address_.begin(), by_address_.end(), address,
        [this](uint32_t index, uint64_t wanted) { return by_name_[index].address < wanted; });
    if (at == by_address_.end() || by_name_[*at].address != address) return nullptr;
    return &by_name_[*at];
}

}  // namespace flowtap

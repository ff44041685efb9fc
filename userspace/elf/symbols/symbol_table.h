// SPDX-License-Identifier: Apache-2.0
// The functions and objects an ELF file defines, by name and by address.
#pragma once

#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace flowtap {

class SymbolTable {
public:
    struct Entry {
        std::string_view name;  // without version suffix; lives as long as the Elf handle
        uint64_t address = 0;
        uint64_t size = 0;
        bool is_function = false;
        bool is_global = false;
    };

    // Reads .dynsym and .symtab of a binary and of files with more symbols of it; entries that point outside
    // their string table are left out.
    static SymbolTable read(std::span<Elf* const> files);

    [[nodiscard]] bool empty() const { return by_name_.empty(); }
    // Whether local names are missing: the file has no .symtab.
    [[nodiscard]] bool is_stripped() const { return is_stripped_; }
    // Global ones first, then by address.
    [[nodiscard]] std::vector<const Entry*> named(std::string_view name) const;
    // Functions whose demangled name, without return type and parameters, is `name`; compiler-made clones
    // (".cold", ".part.0") are not counted.
    [[nodiscard]] std::vector<const Entry*> functions_demangled_to(std::string_view name) const;
    // Functions whose name, as it is or demangled, fits the pattern (wildcard.h); clones are not counted.
    [[nodiscard]] std::vector<const Entry*> functions_like(std::string_view pattern) const;
    // At most `count` functions' names that look like a misspelt one.
    [[nodiscard]] std::vector<std::string> nearest(std::string_view name, std::size_t count) const;
    // Whether a C++ compiler split this function (mangled) into a start and a part that goes on after each
    // suspension: GCC's "...<name>.Frame.actor", Clang's "<name>.resume".
    [[nodiscard]] bool is_coroutine(std::string_view name) const;
    // Whether the file expects another one to define it.
    [[nodiscard]] bool is_import(std::string_view name) const { return imports_.contains(name); }
    // Null if none starts there; a global one if several do.
    [[nodiscard]] const Entry* starting_at(uint64_t address) const;

private:
    void read_file(Elf* elf);
    void read_section(Elf* elf, Elf_Scn* section);
    void sort();

    bool is_stripped_ = true;
    std::unordered_set<std::string_view> imports_;
    std::vector<Entry> by_name_;
    std::vector<uint32_t> by_address_;  // indices into by_name_
};

}  // namespace flowtap

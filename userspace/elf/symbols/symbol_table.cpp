// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols/symbol_table.h"

#include <gelf.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "elf/symbols/demangle.h"
#include "elf/symbols/wildcard.h"

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

// An identifier of the pattern that must stand in any mangled name that fits it; may be empty. It rules out
// nearly all symbols cheaply. Not among template arguments, whose types may be abbreviated.
std::string_view literal_part(std::string_view pattern) {
    const std::string_view named = pattern.substr(0, pattern.find('<'));
    std::string_view best;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= named.size(); ++i) {
        const bool inside =
            i < named.size() && (std::isalnum(static_cast<unsigned char>(named[i])) != 0 || named[i] == '_');
        if (inside) continue;
        const std::string_view part = named.substr(start, i - start);
        const bool is_abbreviated =
            part == "std" || part == "anonymous" || part == "namespace" || part.starts_with("operator");
        if (part.size() > best.size() && !is_abbreviated) best = part;
        start = i + 1;
    }
    return best;
}

constexpr std::size_t kFarthestName = 2;
constexpr std::size_t kLongestNear = 120;

// Levenshtein's; anything above kFarthestName for texts too different to bother.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    constexpr std::size_t kLongest = 64;
    const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (difference > kFarthestName || a.size() > kLongest || b.size() > kLongest) return kFarthestName + 1;
    std::array<std::size_t, kLongest + 1> row{};
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

}  // namespace

SymbolTable SymbolTable::read(std::span<Elf* const> files) {
    SymbolTable table;
    for (Elf* file : files) table.read_file(file);
    table.sort();
    return table;
}

void SymbolTable::read_file(Elf* elf) {
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        if (header.sh_type == SHT_SYMTAB) is_stripped_ = false;
        if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) read_section(elf, section);
    }
}

void SymbolTable::read_section(Elf* elf, Elf_Scn* section) {
    GElf_Shdr header;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || gelf_getshdr(section, &header) == nullptr) return;
    GElf_Sym symbol;
    for (int index = 0; gelf_getsym(data, index, &symbol) != nullptr; ++index) {
        if (auto entry = to_entry(elf, header.sh_link, symbol)) {
            by_name_.push_back(*entry);
        } else if (header.sh_type == SHT_DYNSYM && symbol.st_shndx == SHN_UNDEF) {
            const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
            if (name != nullptr) imports_.insert(without_version(name));
        }
    }
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

std::vector<const SymbolTable::Entry*> SymbolTable::functions_like(std::string_view pattern) const {
    const std::string_view part = literal_part(pattern);
    std::vector<const Entry*> found;
    for (const Entry& entry : by_name_) {
        if (!entry.is_function || entry.name.find(part) == std::string_view::npos) continue;
        const std::string demangled = demangled_function_name(entry.name);
        const bool is_clone = entry.name.find('.') != std::string_view::npos && demangled.empty();
        if (is_clone) continue;
        if (matches_wildcard(pattern, demangled.empty() ? entry.name : std::string_view(demangled)) ||
            matches_wildcard(pattern, entry.name))
            found.push_back(&entry);
    }
    return found;
}

bool SymbolTable::is_coroutine(std::string_view name) const {
    // "run.isra.0" is a copy of "run".
    const std::string_view mangled = name.substr(0, name.find('.'));
    if (mangled.empty()) return false;
    return std::ranges::any_of(by_name_, [&](const Entry& entry) {
        const bool goes_on = entry.name.ends_with(".Frame.actor") || entry.name.ends_with(".resume") ||
                             entry.name.ends_with(".actor");
        return goes_on && entry.name.substr(0, entry.name.find('.')).ends_with(mangled);
    });
}

std::vector<std::string> SymbolTable::nearest(std::string_view name, std::size_t count) const {
    constexpr std::size_t kMostLooked = 200'000;
    const std::string_view wanted = last_identifier(name);
    std::vector<std::pair<std::size_t, std::string>> near;
    for (std::size_t i = 0; i < std::min(by_name_.size(), kMostLooked); ++i) {
        const Entry& entry = by_name_[i];
        if (!entry.is_function || entry.name.find('.') != std::string_view::npos) continue;
        std::string full = demangled_function_name(entry.name);
        if (full.empty()) full = entry.name;
        const std::size_t distance = edit_distance(last_identifier(full), wanted);
        if (distance <= kFarthestName && full.size() <= kLongestNear)
            near.emplace_back(distance, std::move(full));
    }
    std::sort(near.begin(), near.end());
    near.erase(std::unique(near.begin(), near.end()), near.end());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(near.size(), count); ++i) names.push_back(near[i].second);
    return names;
}

const SymbolTable::Entry* SymbolTable::starting_at(uint64_t address) const {
    const auto at = std::lower_bound(
        by_address_.begin(), by_address_.end(), address,
        [this](uint32_t index, uint64_t wanted) { return by_name_[index].address < wanted; });
    if (at == by_address_.end() || by_name_[*at].address != address) return nullptr;
    return &by_name_[*at];
}

}  // namespace flowtap

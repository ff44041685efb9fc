// SPDX-License-Identifier: Apache-2.0
// ElfFile: functions by name.
#include <fcntl.h>

#include <algorithm>

#include "elf/elf_contents.h"
#include "elf/symbols/address_text.h"
#include "elf/symbols/mini_debug_info.h"
#include "elf/symbols/wildcard.h"

namespace flowtap {
namespace {

Symbol to_symbol(const SymbolTable::Entry& entry) {
    return {std::string(entry.name), entry.address, entry.size};
}

// As the target calls it: what is found once is said of other processes too.
std::string without_root(const std::string& path, const DebugSearch& search) {
    for (const std::string& root : search.roots)
        if (root.size() > 1 && path.starts_with(root + "/")) return path.substr(root.size());
    return path;
}

}  // namespace

std::string several_functions(std::span<const Symbol> found) {
    constexpr size_t kMaxListed = 8;
    std::string cause = std::to_string(found.size()) + " functions match:";
    for (size_t i = 0; i < std::min(found.size(), kMaxListed); ++i)
        cause += " " + found[i].name + " at " + address_text(found[i].address);
    if (found.size() > kMaxListed) cause += " ...";
    return cause;
}

void ElfFile::Contents::read_symbols(const DebugSearch* search) {
    std::vector<Elf*> files{elf.get()};
    const auto add = [&](Elf* elf, const std::string& name) {
        if (elf == nullptr) return;
        more_elf.emplace_back(elf);
        files.push_back(elf);
        symbol_sources += ", " + name;
    };
    symbol_sources = ".symtab and .dynsym";
    if (search != nullptr) {
        mini_debug_info = read_mini_debug_info(elf.get());
        if (!mini_debug_info.empty())
            add(elf_memory(mini_debug_info.data(), mini_debug_info.size()), ".gnu_debugdata");
        std::vector<std::string> tried;
        debug_file = find_debug_file(elf.get(), build_id, *search, tried);
        if (debug_file) {
            add(elf_begin(debug_file->fd.get(), ELF_C_READ, nullptr),
                without_root(debug_file->path, *search));
        } else if (!tried.empty()) {
            symbol_sources += "; no debug file at ";
            for (const std::string& one : tried)
                symbol_sources += (&one == &tried[0] ? "" : ", ") + without_root(one, *search);
        }
    }
    symbols = SymbolTable::read(files);
}

std::optional<Symbol> ElfFile::find_symbol(std::string_view name) const {
    const auto found = contents_->symbols.named(name);
    if (found.empty()) return std::nullopt;
    return to_symbol(*found.front());
}

std::vector<Symbol> ElfFile::find_functions(std::string_view words) const {
    const SymbolTable& symbols = contents_->symbols;
    auto found = symbols.named(words);
    std::erase_if(found, [](const auto* entry) { return !entry->is_function; });
    if (found.empty()) found = symbols.functions_demangled_to(words);
    if (found.empty() && is_wildcard(words)) found = symbols.functions_like(words);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto* a, const auto* b) { return a->address < b->address; });
    const auto same_place = [](const auto* a, const auto* b) { return a->address == b->address; };
    found.erase(std::unique(found.begin(), found.end(), same_place), found.end());
    std::vector<Symbol> functions;
    functions.reserve(found.size());
    for (const auto* entry : found) functions.push_back(to_symbol(*entry));
    return functions;
}

std::string ElfFile::symbol_sources() const { return contents_->symbol_sources; }

std::vector<std::string> ElfFile::functions_like(std::string_view name) const {
    constexpr size_t kMost = 3;
    return contents_->symbols.nearest(name, kMost);
}

std::optional<DebugFile> ElfFile::debug_file() const {
    if (!contents_->debug_file) return std::nullopt;
    return DebugFile{Fd(::fcntl(contents_->debug_file->fd.get(), F_DUPFD_CLOEXEC, 0)),
                     contents_->debug_file->path};
}

Result<Symbol> ElfFile::find_function(std::string_view name) const {
    const auto failure = [&](std::string cause) {
        return Error{"find function " + std::string(name) + " in",
                     path(),
                     std::move(cause),
                     {},
                     Error::Kind::kNoTarget};
    };
    const SymbolTable& symbols = contents_->symbols;
    if (symbols.empty()) return failure("the file has no symbols at all (stripped)");
    const std::vector<Symbol> found = find_functions(name);
    if (found.empty()) {
        return failure(symbols.is_stripped()
                           ? "not among the exported symbols, and the file is stripped of others"
                           : "no such symbol");
    }
    if (found.size() == 1) return found.front();
    return failure(several_functions(found));
}

bool ElfFile::is_coroutine(uint64_t address) const {
    return contents_->symbols.is_coroutine(symbol_at(address));
}

bool ElfFile::imports(std::string_view name) const { return contents_->symbols.is_import(name); }

std::string ElfFile::symbol_at(uint64_t address) const {
    const SymbolTable::Entry* entry = contents_->symbols.starting_at(address);
    return entry == nullptr ? std::string() : std::string(entry->name);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// Facts of one ELF file: symbols, segments, relocations, PLT stubs. Of flowtap's own architecture only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "code/code_source.h"
#include "elf/file_identity.h"
#include "elf/marker.h"
#include "elf/symbols/debug_file.h"

namespace flowtap {

struct Symbol {
    std::string name;
    uint64_t address = 0;  // as linked: add the load bias for the address in a process
    uint64_t size = 0;
};

// For messages: "2 functions match: a at 0x10 b at 0x20".
std::string several_functions(std::span<const Symbol> found);

// Everything in the file is taken as hostile: a malformed one gives an Error or missing facts, never a crash.
// The file is read, never mapped, so that truncating it under us gives short reads and not SIGBUS.
class ElfFile final : public CodeSource {
public:
    // Errors: cannot be opened (kFailed); not an ELF file, truncated, 32-bit, or of another machine, which
    // the cause names (kNoTarget).
    static Result<ElfFile> open(const std::string& path);
    // The same, and looks for more symbols where stripped files leave them: in .gnu_debugdata and in a
    // separate debug file.
    static Result<ElfFile> open(const std::string& path, const DebugSearch& search);

    ElfFile(ElfFile&&) noexcept;
    ElfFile& operator=(ElfFile&&) noexcept;
    ElfFile(const ElfFile&) = delete;
    ElfFile& operator=(const ElfFile&) = delete;
    ~ElfFile() override;

    [[nodiscard]] const std::string& path() const;
    // Of the file that was opened.
    [[nodiscard]] const FileIdentity& identity() const;
    // Hexadecimal; empty when the file has none.
    [[nodiscard]] const std::string& build_id() const;

    // A function or object defined here, from .dynsym or .symtab; a version suffix ("@@V") is not part of the
    // name.
    [[nodiscard]] std::optional<Symbol> find_symbol(std::string_view name) const;
    // A function by its exact (mangled) name, or else by its demangled name without return type and
    // parameters
    // ("engine::run_node"). Errors (kNoTarget): no symbols at all, not found, or several addresses, which the
    // cause lists.
    [[nodiscard]] Result<Symbol> find_function(std::string_view name) const;
    // Every function that the words may mean: an exact name, else a demangled one, else what fits a pattern
    // with '*'. By address, each once.
    [[nodiscard]] std::vector<Symbol> find_functions(std::string_view words) const;
    // For messages: ".symtab, .dynsym; not found: /usr/lib/debug/..." and names like a misspelt one.
    [[nodiscard]] std::string symbol_sources() const;
    [[nodiscard]] std::vector<std::string> functions_like(std::string_view name) const;
    // The separate debug file, where one was found.
    [[nodiscard]] std::optional<DebugFile> debug_file() const;
    [[nodiscard]] const std::vector<Marker>& markers() const;
    // Whether the function there is a C++20 coroutine, which returns when it is first suspended.
    [[nodiscard]] bool is_coroutine(uint64_t address) const;
    // Whether the dynamic linker takes that symbol from another file.
    [[nodiscard]] bool imports(std::string_view name) const;
    // Name of the symbol that starts exactly there; empty if none does.
    [[nodiscard]] std::string symbol_at(uint64_t address) const;

    // Offset in the file of an address in an executable segment: what a uprobe is attached to.
    [[nodiscard]] std::optional<uint64_t> file_offset(uint64_t address) const;
    // The same for data that lies in the file.
    [[nodiscard]] std::optional<uint64_t> data_offset(uint64_t address) const;
    // The other way round; none where no code lies there.
    [[nodiscard]] std::optional<uint64_t> address_at(uint64_t file_offset) const;
    [[nodiscard]] bool is_executable_address(uint64_t address) const;
    [[nodiscard]] std::vector<AddressRange> executable_ranges() const;
    // What a process adds to this file's addresses, given where it mapped the file page at that offset. Where
    // two segments share that page, the executable one is taken to be meant.
    [[nodiscard]] std::optional<uint64_t> load_bias(uint64_t mapping_start,
                                                    uint64_t mapping_file_offset) const;

    // The pointer stored at an address of the data as the dynamic loader would leave it: relocations to this
    // file itself are applied. None if it points to another file or nothing is stored there.
    [[nodiscard]] std::optional<uint64_t> pointer_at(uint64_t address) const;

    // Name of the symbol that the PLT stub at that address jumps to; empty if it is no stub.
    [[nodiscard]] std::string call_target_name(uint64_t plt_address) const;
    // The code a call of `target` reaches: the definition, for a PLT stub of a function of this file;
    // otherwise the target itself. None if the target is not executable.
    [[nodiscard]] std::optional<uint64_t> resolve_call(uint64_t target) const;

    // CodeSource. Function pieces come from .eh_frame, which stripped files keep; see frame_table.h for how a
    // function is told from a ".cold" piece without symbols.
    size_t read(uint64_t address, std::span<std::byte> out) const override;
    [[nodiscard]] bool starts_function(uint64_t address, bool conditional) const override;
    [[nodiscard]] std::optional<AddressRange> piece_of(uint64_t address) const override;
    [[nodiscard]] std::vector<uint64_t> landing_pads(uint64_t address) const override;
    [[nodiscard]] CalleeFate fate_of_call(uint64_t callee) const override;
    // Whether exceptions may go on anywhere in this file's code.
    [[nodiscard]] bool has_landing_pads() const;

private:
    struct Contents;
    static Result<ElfFile> open(const std::string& path, const DebugSearch* search);
    explicit ElfFile(std::unique_ptr<Contents> contents);

    std::unique_ptr<Contents> contents_;
};

}  // namespace flowtap

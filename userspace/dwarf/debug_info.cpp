// SPDX-License-Identifier: Apache-2.0
#include "dwarf/debug_info.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <libelf.h>

#include <optional>
#include <string_view>
#include <utility>

#include "dwarf/die_search.h"
#include "dwarf/parameter.h"
#include "dwarf/value_type.h"

namespace flowtap {
namespace {

struct ElfEnd {
    void operator()(Elf* elf) const { elf_end(elf); }
};
struct DwarfEnd {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;
using DwarfHandle = std::unique_ptr<Dwarf, DwarfEnd>;

constexpr std::uint64_t kMaxBytes = 2ull << 30;

Error none(const std::string& path, std::string cause) {
    return {"read debug information of", path, std::move(cause), {}, Error::Kind::kNoTarget};
}

// Of the debug sections as they will be in memory: a compressed one says itself how large it becomes.
std::optional<std::uint64_t> debug_bytes(Elf* elf) {
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return std::nullopt;
    std::uint64_t sum = 0;
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        GElf_Chdr compressed;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
        const char* name = elf_strptr(elf, names, header.sh_name);
        if (name == nullptr) continue;
        // The older form of compression, whose size is within the section, is not worth its risk.
        if (std::string_view(name).starts_with(".zdebug")) return std::nullopt;
        if (!std::string_view(name).starts_with(".debug")) continue;
        const bool is_compressed = (header.sh_flags & SHF_COMPRESSED) != 0;
        if (is_compressed && gelf_getchdr(section, &compressed) == nullptr) return std::nullopt;
        const std::uint64_t size = is_compressed ? compressed.ch_size : header.sh_size;
        if (size > kMaxBytes) return size;
        sum += size;
    }
    return sum;
}

}  // namespace

// Freed from the last to the first: each uses those above it.
struct DebugInfo::Contents {
    std::string path;
    Fd file;
    Fd alternate_file;
    ElfHandle elf;
    ElfHandle alternate_elf;
    DwarfHandle alternate;
    DwarfHandle dwarf;
};

DebugInfo::DebugInfo(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
DebugInfo::DebugInfo(DebugInfo&&) noexcept = default;
DebugInfo& DebugInfo::operator=(DebugInfo&&) noexcept = default;
DebugInfo::~DebugInfo() = default;

const std::string& DebugInfo::path() const { return contents_->path; }

Result<DebugInfo> DebugInfo::read(Fd file, std::string path, Fd alternate) {
    auto contents = std::make_unique<Contents>();
    contents->path = std::move(path);
    contents->file = std::move(file);
    contents->alternate_file = std::move(alternate);
    const auto open = [&](const Fd& fd, ElfHandle& elf) {
        elf_version(EV_CURRENT);
        elf.reset(elf_begin(fd.get(), ELF_C_READ, nullptr));
        const auto bytes = elf ? debug_bytes(elf.get()) : std::nullopt;
        return bytes && *bytes > 0 && *bytes <= kMaxBytes;
    };
    if (!open(contents->file, contents->elf))
        return none(contents->path, "it has no debug sections, or more than 2 GiB of them");
    contents->dwarf.reset(dwarf_begin_elf(contents->elf.get(), DWARF_C_READ, nullptr));
    if (!contents->dwarf) return none(contents->path, "its debug sections are malformed");
    // Were it not set, libdw would look for it by whatever path the file names.
    const char* alternate_name = nullptr;
    const void* alternate_id = nullptr;
    const bool needs_alternate =
        dwelf_dwarf_gnu_debugaltlink(contents->dwarf.get(), &alternate_name, &alternate_id) != 0;
    if (contents->alternate_file && open(contents->alternate_file, contents->alternate_elf)) {
        contents->alternate.reset(dwarf_begin_elf(contents->alternate_elf.get(), DWARF_C_READ, nullptr));
        if (contents->alternate) dwarf_setalt(contents->dwarf.get(), contents->alternate.get());
    }
    if (needs_alternate && !contents->alternate)
        return none(contents->path, "parts of it are in a file made by dwz, which was not found");
    return DebugInfo(std::move(contents));
}

Result<DebugValue> DebugInfo::find_value(std::uint64_t function, const std::string& parameter,
                                         const std::vector<std::string>& members, DebugUse use) const {
    Dwarf* dwarf = contents_->dwarf.get();
    DieBudget budget;
    const auto die = find_function_die(dwarf, function, budget);
    if (!die) {
        const char* cause = has_split_units(dwarf)
                                ? "the debug information is split off (.dwo files), which is not supported"
                                : "the debug information does not know this function";
        return none(contents_->path, cause);
    }
    Result<Parameter> found = find_parameter(*die, function, parameter, budget);
    if (!found) return found.error();
    DebugValue value;
    value.registers = found->place.registers;
    value.stack_offset = found->place.stack_offset;
    if (found->place.by_address) value.steps.push_back({true, 0});
    std::optional<Dwarf_Die> type = die_type(found->die);
    if (!type) return none(contents_->path, "the parameter has no type");
    ValueType walk(dwarf, budget, value);
    for (const std::string& member : members) {
        Result<Dwarf_Die> next = walk.enter_member(*type, member);
        if (!next) return next.error();
        type = *next;
    }
    Result<void> done = use == DebugUse::kKey ? walk.finish_key(*type) : walk.finish(*type);
    if (!done) return done.error();
    return value;
}

}  // namespace flowtap

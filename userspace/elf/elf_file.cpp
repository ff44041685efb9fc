// SPDX-License-Identifier: Apache-2.0
#include "elf/elf_file.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

#include "arch/architecture.h"
#include "code/function/call_fate.h"
#include "code/function/landing_pads.h"
#include "code/plt_stub.h"
#include "elf/build_id.h"
#include "elf/elf_contents.h"
#include "privilege/capability.h"

namespace flowtap {
namespace {

Error unfit(const std::string& path, std::string cause) {
    return {"read ELF file", path, std::move(cause), {}, Error::Kind::kNoTarget};
}

Error open_error(const std::string& path, int error) {
    Error result = errno_error("open", path, error);
    if (error == EPERM || error == EACCES) {
        result.kind = Error::Kind::kEnvironment;
        result.remedy = remedy_for_lack_of({kCapDacReadSearch, kCapCheckpointRestore});
    }
    return result;
}

std::string machine_name(unsigned machine) {
    constexpr std::array<std::pair<unsigned, const char*>, 8> kNames{{{EM_386, "32-bit x86"},
                                                                      {EM_AARCH64, "arm64"},
                                                                      {EM_ARM, "32-bit ARM"},
                                                                      {EM_PPC64, "ppc64"},
                                                                      {EM_S390, "s390x"},
                                                                      {EM_RISCV, "RISC-V"},
                                                                      {EM_LOONGARCH, "LoongArch"},
                                                                      {EM_MIPS, "MIPS"}}};
    for (const auto& [number, name] : kNames)
        if (number == machine) return name;
    return "machine number " + std::to_string(machine);
}

std::optional<Error> refuse(Elf* elf, const std::string& path) {
    const std::string only_supported = std::string("; only ") + arch::kName + " is supported";
    GElf_Ehdr header;
    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == nullptr)
        return unfit(path, "not an ELF file, or its header is cut short");
    if (header.e_machine != arch::kElfMachine)
        return unfit(path, "made for " + machine_name(header.e_machine) + only_supported);
    if (header.e_ident[EI_CLASS] != ELFCLASS64) return unfit(path, "a 32-bit file" + only_supported);
    if (header.e_ident[EI_DATA] != ELFDATA2LSB) return unfit(path, "big-endian" + only_supported);
    return std::nullopt;
}

}  // namespace

ElfFile::ElfFile(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
ElfFile::ElfFile(ElfFile&&) noexcept = default;
ElfFile& ElfFile::operator=(ElfFile&&) noexcept = default;
ElfFile::~ElfFile() = default;

Result<ElfFile> ElfFile::open(const std::string& path) { return open(path, nullptr); }

Result<ElfFile> ElfFile::open(const std::string& path, const DebugSearch& search) {
    return open(path, &search);
}

Result<ElfFile> ElfFile::open(const std::string& path, const DebugSearch* search) {
    auto contents = std::make_unique<Contents>();
    contents->path = path;
    // Whatever it is, opening it must not wait.
    contents->fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!contents->fd) return open_error(path, errno);
    struct stat status = {};
    if (::fstat(contents->fd.get(), &status) != 0) return errno_error("open", path, errno);
    contents->identity = FileIdentity::of(status);
    elf_version(EV_CURRENT);
    contents->elf.reset(elf_begin(contents->fd.get(), ELF_C_READ, nullptr));
    if (!contents->elf) return unfit(path, elf_errmsg(-1));
    Elf* elf = contents->elf.get();
    if (auto error = refuse(elf, path)) return *std::move(error);
    contents->segments = Segments::read(elf);
    contents->relocations = RelocationTable::read(elf);
    contents->frames = FrameTable::read(elf);
    contents->build_id = read_build_id(elf);
    contents->markers = read_markers(elf);
    contents->read_symbols(search);
    return ElfFile(std::move(contents));
}

const std::string& ElfFile::path() const { return contents_->path; }

const FileIdentity& ElfFile::identity() const { return contents_->identity; }

const std::string& ElfFile::build_id() const { return contents_->build_id; }

std::optional<uint64_t> ElfFile::file_offset(uint64_t address) const {
    const Segment* segment = contents_->segments.holding(address);
    if (segment == nullptr || !segment->is_executable) return std::nullopt;
    return address - segment->address + segment->offset;
}

std::vector<AddressRange> ElfFile::executable_ranges() const {
    std::vector<AddressRange> ranges;
    for (const Segment& segment : contents_->segments.all())
        if (segment.is_executable) ranges.push_back({segment.address, segment.address + segment.file_size});
    return ranges;
}

std::optional<uint64_t> ElfFile::data_offset(uint64_t address) const {
    const Segment* segment = contents_->segments.holding(address);
    if (segment == nullptr || segment->is_executable) return std::nullopt;
    return address - segment->address + segment->offset;
}

const std::vector<Marker>& ElfFile::markers() const { return contents_->markers; }

std::optional<uint64_t> ElfFile::address_at(uint64_t file_offset) const {
    for (const Segment& segment : contents_->segments.all()) {
        if (segment.is_executable && file_offset >= segment.offset &&
            file_offset - segment.offset < segment.file_size)
            return segment.address + (file_offset - segment.offset);
    }
    return std::nullopt;
}

bool ElfFile::is_executable_address(uint64_t address) const { return file_offset(address).has_value(); }

std::optional<uint64_t> ElfFile::load_bias(uint64_t mapping_start, uint64_t mapping_file_offset) const {
    return contents_->segments.load_bias(mapping_start, mapping_file_offset);
}

size_t ElfFile::read(uint64_t address, std::span<std::byte> out) const {
    const Segment* segment = contents_->segments.holding(address);
    if (segment == nullptr) return 0;
    const uint64_t skipped = address - segment->address;
    const size_t wanted = std::min<uint64_t>(out.size(), segment->file_size - skipped);
    const uint64_t offset = segment->offset + skipped;
    if (offset < skipped || offset > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) return 0;
    size_t done = 0;
    while (done < wanted) {
        const ssize_t got =
            ::pread(contents_->fd.get(), out.data() + done, wanted - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += static_cast<size_t>(got);
    }
    return done;
}

std::optional<uint64_t> ElfFile::pointer_at(uint64_t address) const {
    const Relocation* relocation = contents_->relocations.at(address);
    if (relocation != nullptr) {
        const auto addend = static_cast<uint64_t>(relocation->addend);
        switch (relocation->type) {
            case arch::kRelocationOfBase:
                return addend;
            case arch::kRelocationOfSymbol:
                if (!relocation->definition) return std::nullopt;
                return *relocation->definition + addend;
            case arch::kRelocationOfData:
            case arch::kRelocationOfCall:
                return relocation->definition;
            case arch::kRelocationOfCopy:
                break;
            default:
                return std::nullopt;
        }
    }
    uint64_t value = 0;
    if (read(address, std::as_writable_bytes(std::span(&value, 1))) != sizeof value) return std::nullopt;
    return value;
}

namespace {

const Relocation* import_of_stub(const ElfFile& file, const RelocationTable& relocations, uint64_t stub) {
    if (!file.is_executable_address(stub)) return nullptr;
    const auto slot = slot_of_plt_stub(file, stub);
    const Relocation* relocation = slot ? relocations.at(*slot) : nullptr;
    return relocation != nullptr && !relocation->symbol.empty() ? relocation : nullptr;
}

}  // namespace

std::string ElfFile::call_target_name(uint64_t plt_address) const {
    const Relocation* relocation = import_of_stub(*this, contents_->relocations, plt_address);
    return relocation == nullptr ? std::string() : std::string(relocation->symbol);
}

std::optional<uint64_t> ElfFile::resolve_call(uint64_t target) const {
    if (!is_executable_address(target)) return std::nullopt;
    const Relocation* relocation = import_of_stub(*this, contents_->relocations, target);
    return relocation != nullptr && relocation->definition ? *relocation->definition : target;
}

bool ElfFile::starts_function(uint64_t address, bool conditional) const {
    const SymbolTable::Entry* symbol = contents_->symbols.starting_at(address);
    if (symbol != nullptr && symbol->is_function) return symbol->name.find(".cold") == std::string_view::npos;
    // The unwind data of all PLT stubs is one piece, or is missing; each is a function of its own.
    if (import_of_stub(*this, contents_->relocations, address) != nullptr) return true;
    const FramePiece* piece = contents_->frames.holding(address);
    if (piece == nullptr) return false;
    if (piece->range.start != address || piece->starts_inside) return false;
    // What is left are functions, and pieces entered before the stack moves. Compilers align functions and
    // reach such pieces by a jcc; they pack the pieces unaligned.
    constexpr uint64_t kFunctionAlignment = 16;
    return !conditional || address % kFunctionAlignment == 0;
}

std::optional<AddressRange> ElfFile::piece_of(uint64_t address) const {
    const FramePiece* piece = contents_->frames.holding(address);
    return piece == nullptr ? std::nullopt : std::optional(piece->range);
}

std::vector<uint64_t> ElfFile::landing_pads(uint64_t address) const {
    const FramePiece* piece = contents_->frames.holding(address);
    if (piece == nullptr || piece->lsda == 0) return {};
    return read_landing_pads(*this, piece->lsda, piece->range);
}

bool ElfFile::has_landing_pads() const { return contents_->frames.any_landing_pads(); }

CalleeFate ElfFile::fate_of_call(uint64_t callee) const {
    const std::string import = call_target_name(callee);
    return fate_of_named_call(import.empty() ? symbol_at(callee) : import);
}

}  // namespace flowtap

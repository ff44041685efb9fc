// SPDX-License-Identifier: Apache-2.0
#include "elf/frame_table.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

#include "elf/encoded_reader.h"

namespace flowtap {
namespace {

struct Section {
    Elf_Data* data = nullptr;
    uint64_t address = 0;
};

std::optional<Section> find_section(Elf* elf, std::string_view wanted) {
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return std::nullopt;
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        const char* name = elf_strptr(elf, names, header.sh_name);
        if (name == nullptr || name != wanted) continue;
        Elf_Data* data = elf_getdata(section, nullptr);
        if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
        return Section{data, header.sh_addr};
    }
    return std::nullopt;
}

// How the FDEs of one CIE encode their pointers.
struct Encodings {
    uint8_t code = DW_EH_PE_absptr;
    uint8_t lsda = DW_EH_PE_omit;
    bool has_augmentation = false;
};

std::optional<Encodings> encodings_of(const Dwarf_CIE& cie) {
    Encodings encodings;
    const std::string_view augmentation = cie.augmentation == nullptr ? "" : cie.augmentation;
    if (augmentation.empty()) return encodings;
    if (augmentation[0] != 'z' || cie.augmentation_data == nullptr) return std::nullopt;
    encodings.has_augmentation = true;
    EncodedReader reader(
        {reinterpret_cast<const std::byte*>(cie.augmentation_data), cie.augmentation_data_size}, 0);
    for (const char letter : augmentation.substr(1)) {
        if (letter == 'R') encodings.code = reader.fixed<uint8_t>();
        if (letter == 'L') encodings.lsda = reader.fixed<uint8_t>();
        if (letter == 'P') (void)reader.plain(reader.fixed<uint8_t>());
        if (std::string_view("RLPSB").find(letter) == std::string_view::npos) break;
    }
    return reader.failed() ? std::nullopt : std::optional(encodings);
}

// Whether a rule comes before the first advance of the location.
bool changes_state_at_once(EncodedReader reader) {
    while (!reader.at_end()) {
        const auto opcode = reader.fixed<uint8_t>();
        const unsigned primary = opcode & 0xc0;
        if (primary == DW_CFA_offset || opcode == DW_CFA_def_cfa || opcode == DW_CFA_def_cfa_offset ||
            opcode == DW_CFA_def_cfa_register || opcode == DW_CFA_def_cfa_expression)
            return true;
        if (opcode != DW_CFA_nop && opcode != DW_CFA_remember_state) return false;
    }
    return false;
}

std::optional<FramePiece> read_piece(const Section& section, const Dwarf_FDE& fde,
                                     const Encodings& encodings) {
    const auto* begin = static_cast<const uint8_t*>(section.data->d_buf);
    const std::span<const uint8_t> bytes(fde.start, fde.end);
    EncodedReader reader(std::as_bytes(bytes), section.address + static_cast<uint64_t>(fde.start - begin));
    FramePiece piece;
    piece.range.start = reader.pointer(encodings.code);
    const uint64_t size = reader.plain(encodings.code);
    if (size > UINT64_MAX - piece.range.start) return std::nullopt;
    piece.range.end = piece.range.start + size;
    if (encodings.has_augmentation) {
        const uint64_t length = reader.uleb();
        const uint64_t rules = reader.position() + length;
        if (encodings.lsda != DW_EH_PE_omit && length != 0) piece.lsda = reader.pointer(encodings.lsda);
        if (rules < reader.position()) return std::nullopt;
        reader.skip(rules - reader.position());
    }
    if (reader.failed() || size == 0) return std::nullopt;
    piece.starts_inside = changes_state_at_once(reader);
    return piece;
}

}  // namespace

FrameTable FrameTable::read(Elf* elf) {
    FrameTable table;
    const char* ident = elf_getident(elf, nullptr);
    const auto section = find_section(elf, ".eh_frame");
    if (!section || ident == nullptr) return table;
    std::map<Dwarf_Off, std::optional<Encodings>> cies;
    Dwarf_CFI_Entry entry;
    Dwarf_Off offset = 0;
    Dwarf_Off next = 0;
    while (dwarf_next_cfi(reinterpret_cast<const unsigned char*>(ident), section->data, true, offset, &next,
                          &entry) == 0) {
        if (dwarf_cfi_cie_p(&entry)) {
            cies[offset] = encodings_of(entry.cie);
        } else if (const auto cie = cies.find(entry.fde.CIE_pointer); cie != cies.end() && cie->second) {
            if (auto piece = read_piece(*section, entry.fde, *cie->second))
                table.by_address_.push_back(*piece);
        }
        if (next <= offset) break;
        offset = next;
    }
    std::sort(table.by_address_.begin(), table.by_address_.end(),
              [](const FramePiece& a, const FramePiece& b) { return a.range.start < b.range.start; });
    return table;
}

bool FrameTable::any_landing_pads() const {
    return std::ranges::any_of(by_address_, [](const FramePiece& piece) { return piece.lsda != 0; });
}

const FramePiece* FrameTable::holding(uint64_t address) const {
    auto after =
        std::upper_bound(by_address_.begin(), by_address_.end(), address,
                         [](uint64_t wanted, const FramePiece& one) { return wanted < one.range.start; });
    if (after == by_address_.begin()) return nullptr;
    const FramePiece& piece = *--after;
    return piece.range.contains(address) ? &piece : nullptr;
}

}  // namespace flowtap

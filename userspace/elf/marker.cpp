// SPDX-License-Identifier: Apache-2.0
#include "elf/marker.h"

#include <gelf.h>

#include <cstring>

namespace flowtap {
namespace {

constexpr std::size_t kMaxMarkers = 65'536;
constexpr std::size_t kMaxText = 4096;
constexpr GElf_Word kSdtType = 3;  // NT_STAPSDT
constexpr std::string_view kSdtName("stapsdt\0", 8);

// Prelinking may have moved the code; the linker leaves the section of this name at an address to compare
// with.
std::uint64_t base_of(Elf* elf) {
    std::size_t names = 0;
    Elf_Scn* section = nullptr;
    if (elf_getshdrstrndx(elf, &names) != 0) return 0;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        const char* name = elf_strptr(elf, names, header.sh_name);
        if (name != nullptr && std::strcmp(name, ".stapsdt.base") == 0) return header.sh_addr;
    }
    return 0;
}

// The next text of the note that ends in a zero byte.
std::optional<std::string> take_text(std::string_view& rest) {
    const std::size_t end = rest.find('\0');
    if (end > kMaxText) return std::nullopt;  // or there is none
    std::string text(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    return text;
}

std::optional<Marker> read_marker(std::string_view description, std::uint64_t base) {
    std::uint64_t words[3];
    if (description.size() < sizeof words) return std::nullopt;
    std::memcpy(words, description.data(), sizeof words);
    description.remove_prefix(sizeof words);
    auto provider = take_text(description);
    auto name = provider ? take_text(description) : std::nullopt;
    auto arguments = name ? take_text(description) : std::nullopt;
    if (!arguments) return std::nullopt;
    const std::uint64_t moved = base != 0 ? base - words[1] : 0;
    return Marker{std::move(*provider), std::move(*name), words[0] + moved,
                  words[2] == 0 ? 0 : words[2] + moved, std::move(*arguments)};
}

void read_notes(Elf_Data* data, std::uint64_t base, std::vector<Marker>& markers) {
    GElf_Nhdr header;
    std::size_t name = 0;
    std::size_t description = 0;
    std::size_t next = 0;
    const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
    while (markers.size() < kMaxMarkers &&
           (next = gelf_getnote(data, next, &header, &name, &description)) != 0) {
        if (header.n_type != kSdtType || bytes.substr(name, header.n_namesz) != kSdtName) continue;
        if (auto marker = read_marker(bytes.substr(description, header.n_descsz), base))
            markers.push_back(std::move(*marker));
    }
}

}  // namespace

std::vector<Marker> read_markers(Elf* elf) {
    std::vector<Marker> markers;
    const std::uint64_t base = base_of(elf);
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
        Elf_Data* data = elf_getdata(section, nullptr);
        if (data != nullptr && data->d_buf != nullptr) read_notes(data, base, markers);
    }
    return markers;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// The part of ObjectReader that reads str objects (Include/cpython/unicodeobject.h).
#include <vector>

#include "python/objects/object_flags.h"
#include "python/objects/object_reader.h"
#include "python/objects/utf8.h"

namespace flowtap {

// The header of a compact str. PyUnicode_New makes only compact ones; only instances of str's subclasses
// differ.
struct ObjectReader::StrHeader {
    std::uint64_t length = 0;  // in code points
    std::uint64_t data = 0;    // address of the first
    unsigned kind = 0;         // bytes per code point: 1, 2 or 4
    bool ascii = false;
};

std::optional<ObjectReader::StrHeader> ObjectReader::str_header(std::uint64_t str) const {
    const auto length = memory_.read<std::uint64_t>(str + layout_.bpf.str_length);
    const auto state = memory_.read<std::uint32_t>(str + layout_.bpf.str_state);
    if (!length || !state) return std::nullopt;
    const unsigned kind = (*state >> 2) & 7;
    const bool compact = ((*state >> 5) & 1) != 0;
    const bool ascii = ((*state >> 6) & 1) != 0;
    if (!compact || (kind != 1 && kind != 2 && kind != 4) || (ascii && kind != 1)) return std::nullopt;
    return StrHeader{*length, str + (ascii ? layout_.bpf.str_ascii_data : layout_.bpf.str_compact_data), kind,
                     ascii};
}

std::optional<std::string> ObjectReader::text(std::uint64_t str) const {
    if (!has_type_flag(str, kTypeStrSubclass)) return std::nullopt;
    const auto header = str_header(str);
    if (!header || header->length > kMaxTextLength) return std::nullopt;
    std::vector<std::byte> bytes(header->length * header->kind);
    if (!memory_.read(header->data, bytes)) return std::nullopt;
    return utf8_of_code_units(bytes, header->kind);
}

// For keys that differ this costs two small reads, because most differ in length.
bool ObjectReader::text_equals(std::uint64_t str, std::string_view wanted) const {
    const auto header = str_header(str);
    if (!header || header->length > wanted.size()) return false;
    if (header->ascii && header->length != wanted.size()) return false;
    const auto own = text(str);
    return own && *own == wanted;
}

}  // namespace flowtap

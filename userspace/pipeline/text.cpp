// SPDX-License-Identifier: Apache-2.0
#include "pipeline/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "pipeline/cpp_type_name.h"

namespace flowtap {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool is_scalar_value(char32_t point) { return point < 0xD800 || (point > 0xDFFF && point <= 0x10FFFF); }
bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

void append_escaped(std::string& label, char32_t control) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    label += "\\x";
    label += kDigits[control >> 4];
    label += kDigits[control & 15];
}

void append_continuation(std::string& label, char32_t bits) {
    label += static_cast<char>(0x80 | (bits & 0x3F));
}

void append_utf8(std::string& label, char32_t point) {
    if (point < 0x80) {
        label += static_cast<char>(point);
        return;
    }
    if (point < 0x800) {
        label += static_cast<char>(0xC0 | (point >> 6));
    } else {
        if (point < 0x10000) {
            label += static_cast<char>(0xE0 | (point >> 12));
        } else {
            label += static_cast<char>(0xF0 | (point >> 18));
            append_continuation(label, point >> 12);
        }
        append_continuation(label, point >> 6);
    }
    append_continuation(label, point);
}

void append_point(std::string& label, char32_t point) {
    if (is_control(point)) {
        append_escaped(label, point);
    } else {
        append_utf8(label, is_scalar_value(point) ? point : kReplacement);
    }
}

// One step through UTF-8: a code point, or the longest start of one that cannot go on as it does.
struct Utf8Step {
    char32_t point = kReplacement;
    std::size_t size = 1;
    bool cut = false;  // the bytes so far are right, but they end here
};

// The first byte of a sequence and, because it rules out overlong forms, surrogates and points past
// U+10FFFF, the range of the second: the Unicode Standard, table 3-7.
struct Utf8Lead {
    std::size_t size = 0;  // 0: cannot begin a sequence
    char32_t bits = 0;
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
};

Utf8Lead utf8_lead(unsigned char byte) {
    Utf8Lead lead;
    if (byte >= 0xC2 && byte <= 0xDF) {
        lead = {.size = 2, .bits = byte & 0x1FU};
    } else if (byte >= 0xE0 && byte <= 0xEF) {
        lead = {.size = 3, .bits = byte & 0x0FU};
    } else if (byte >= 0xF0 && byte <= 0xF4) {
        lead = {.size = 4, .bits = byte & 0x07U};
    }
    if (byte == 0xE0) lead.second_min = 0xA0;
    if (byte == 0xED) lead.second_max = 0x9F;
    if (byte == 0xF0) lead.second_min = 0x90;
    if (byte == 0xF4) lead.second_max = 0x8F;
    return lead;
}

// Precondition: rest is not empty.
Utf8Step next_utf8(Bytes rest) {
    if (rest[0] < 0x80) return {.point = rest[0]};
    const Utf8Lead lead = utf8_lead(rest[0]);
    char32_t point = lead.bits;
    for (std::size_t i = 1; i < lead.size; ++i) {
        if (i == rest.size()) return {.size = i, .cut = true};
        const unsigned char min = i == 1 ? lead.second_min : 0x80;
        const unsigned char max = i == 1 ? lead.second_max : 0xBF;
        if (rest[i] < min || rest[i] > max) return {.size = i};
        point = point << 6 | (rest[i] & 0x3FU);
    }
    if (lead.size == 0) return {};
    return {.point = point, .size = lead.size};
}

void append_utf8_text(std::string& label, Bytes bytes, bool truncated) {
    while (!bytes.empty()) {
        const Utf8Step step = next_utf8(bytes);
        if (!(step.cut && truncated)) append_point(label, step.point);
        bytes = bytes.subspan(step.size);
    }
}

// CPython's str: one code point per unit of 1, 2 or 4 bytes. Two-byte units are no UTF-16: a surrogate
// in them is a lone one.
template <typename Unit>
void append_units(std::string& label, Bytes bytes, bool truncated) {
    for (; bytes.size() >= sizeof(Unit); bytes = bytes.subspan(sizeof(Unit))) {
        Unit unit = 0;
        std::memcpy(&unit, bytes.data(), sizeof unit);
        append_point(label, unit);
    }
    if (!bytes.empty() && !truncated) append_utf8(label, kReplacement);
}

// Nearly every id: needs no look at its encoding.
bool is_plain_ascii(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](unsigned char byte) { return byte >= 0x20 && byte < 0x7F; });
}

void append_byte_text(std::string& label, const ft_text& text, Bytes bytes, bool truncated) {
    if (is_plain_ascii(bytes)) {
        label.assign(text.data, bytes.size());
    } else if (text.encoding == FT_TEXT_UTF8) {
        append_utf8_text(label, bytes, truncated);
    } else {
        append_units<std::uint8_t>(label, bytes, truncated);
    }
}

template <typename Integer>
std::string integer_label(Bytes bytes) {
    Integer value = 0;
    if (bytes.size() < sizeof value) return {};
    std::memcpy(&value, bytes.data(), sizeof value);
    return std::to_string(value);
}

}  // namespace

namespace {

// The name of a type as its programmer would write it; as it is where it is no mangled name, or cut short.
ft_text with_type_name(const ft_text& text) {
    ft_text plain = text;
    plain.encoding = FT_TEXT_UTF8;
    const std::string mangled(text.data, std::min<std::size_t>(text.length, FT_TEXT_DATA));
    const std::string name = cpp_type_name(mangled);
    if (name.empty()) return plain;
    plain.length = static_cast<__u16>(std::min<std::size_t>(name.size(), FT_TEXT_DATA));
    std::memcpy(plain.data, name.data(), plain.length);
    if (name.size() > FT_TEXT_DATA) plain.flags |= FT_TEXT_TRUNCATED;
    return plain;
}

}  // namespace

std::string to_label(const ft_text& text) {
    const Bytes bytes(reinterpret_cast<const unsigned char*>(text.data),
                      std::min<std::size_t>(text.length, FT_TEXT_DATA));
    const bool truncated = (text.flags & (FT_TEXT_TRUNCATED | FT_TEXT_UNREADABLE)) != 0;
    std::string label;
    switch (text.encoding) {
        case FT_TEXT_UTF8:
        case FT_TEXT_LATIN1:
            append_byte_text(label, text, bytes, truncated);
            break;
        case FT_TEXT_UCS2:
            append_units<std::uint16_t>(label, bytes, truncated);
            break;
        case FT_TEXT_UCS4:
            append_units<std::uint32_t>(label, bytes, truncated);
            break;
        case FT_TEXT_CPP_TYPE:
            return to_label(with_type_name(text));
        case FT_TEXT_INTEGER:
            return integer_label<std::int64_t>(bytes);
        case FT_TEXT_UNSIGNED:
            return integer_label<std::uint64_t>(bytes);
        default:
            return {};
    }
    if (truncated && !bytes.empty()) label += kEllipsis;
    return label;
}

std::string clean_label(std::string_view text, std::size_t max_bytes) {
    const bool truncated = text.size() > max_bytes;
    const Bytes bytes(reinterpret_cast<const unsigned char*>(text.data()), std::min(text.size(), max_bytes));
    std::string label;
    append_utf8_text(label, bytes, truncated);
    if (truncated) label += kEllipsis;
    return label;
}

}  // namespace flowtap

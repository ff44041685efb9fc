// SPDX-License-Identifier: Apache-2.0
#include "pipeline/text.h"

#include <utf8/unchecked.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/cpp_type_name.h"

namespace flowtap {
namespace {

using TextBytes = std::span<const unsigned char>;

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// utfcpp checks a code point only by throwing from utf8::append().
bool is_scalar_value(char32_t point) { return point < 0xD800 || (point > 0xDFFF && point <= 0x10FFFF); }
bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

void append_escaped(std::string& label, char32_t control) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    label += "\\x";
    label += kDigits[control >> 4];
    label += kDigits[control & 15];
}

void append_utf8(std::string& label, char32_t point) {
    utf8::unchecked::append(point, std::back_inserter(label));
}

void append_point(std::string& label, char32_t point) {
    if (is_control(point)) {
        append_escaped(label, point);
    } else {
        append_utf8(label, is_scalar_value(point) ? point : kReplacement);
    }
}

// One step through UTF-8: a code point, or the longest prefix of an invalid sequence. utfcpp finds invalid
// bytes too, but does not say how many of them make one replacement character, nor distinguish a truncated
// sequence from a wrong one.
struct Utf8Step {
    char32_t point = kReplacement;
    std::size_t size = 1;
    bool cut = false;  // valid so far, but truncated
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
Utf8Step next_utf8(TextBytes rest) {
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

void append_utf8_text(std::string& label, TextBytes bytes, bool truncated) {
    while (!bytes.empty()) {
        const Utf8Step step = next_utf8(bytes);
        if (!(step.cut && truncated)) append_point(label, step.point);
        bytes = bytes.subspan(step.size);
    }
}

// CPython's str: one code point per unit of 1, 2 or 4 bytes. Two-byte units are not UTF-16: a surrogate in
// them is a lone one.
template <typename Unit>
void append_units(std::string& label, TextBytes bytes, bool truncated) {
    for (; bytes.size() >= sizeof(Unit); bytes = bytes.subspan(sizeof(Unit))) {
        Unit unit = 0;
        std::memcpy(&unit, bytes.data(), sizeof unit);
        append_point(label, unit);
    }
    if (!bytes.empty() && !truncated) append_utf8(label, kReplacement);
}

// True for nearly every id, which then needs no decoding.
bool is_plain_ascii(TextBytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](unsigned char byte) { return byte >= 0x20 && byte < 0x7F; });
}

void append_byte_text(std::string& label, const ft_text& text, TextBytes bytes, bool truncated) {
    if (is_plain_ascii(bytes)) {
        label.assign(text.data, bytes.size());
    } else if (text.encoding == FT_TEXT_UTF8) {
        append_utf8_text(label, bytes, truncated);
    } else {
        append_units<std::uint8_t>(label, bytes, truncated);
    }
}

template <typename Integer>
std::string integer_label(TextBytes bytes) {
    Integer value = 0;
    if (bytes.size() < sizeof value) return {};
    std::memcpy(&value, bytes.data(), sizeof value);
    return std::to_string(value);
}

}  // namespace

namespace {

// Python's int, in decimal: 30 bits in every 4 bytes, the lowest first.
constexpr unsigned kDigitBits = 30;
constexpr std::uint32_t kNegative = 1U << 31;  // in the first word

std::vector<std::uint32_t> python_digits(TextBytes bytes) {
    std::vector<std::uint32_t> digits(bytes.size() / sizeof(std::uint32_t));
    if (digits.empty()) return digits;
    std::memcpy(digits.data(), bytes.data(), digits.size() * sizeof(std::uint32_t));
    return digits;
}

// Divides by a small number, and returns the remainder.
std::uint32_t divide(std::vector<std::uint32_t>& digits, std::uint32_t by) {
    std::uint64_t rest = 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
        rest = rest << kDigitBits | digits[i];
        digits[i] = static_cast<std::uint32_t>(rest / by);
        rest %= by;
    }
    while (!digits.empty() && digits.back() == 0) digits.pop_back();
    return static_cast<std::uint32_t>(rest);
}

std::string in_base(std::vector<std::uint32_t> digits, std::uint32_t base) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    while (!digits.empty()) text += kDigits[divide(digits, base)];
    std::ranges::reverse(text);
    return text;
}

std::string large_integer_label(TextBytes bytes) {
    std::vector<std::uint32_t> digits = python_digits(bytes);
    if (digits.empty()) return "0";
    const bool negative = (digits.front() & kNegative) != 0;
    digits.front() &= ~kNegative;
    return (negative ? "-" : "") + in_base(std::move(digits), 10);
}

std::string boolean_label(TextBytes bytes) { return bytes.empty() || bytes[0] == 0 ? "False" : "True"; }

std::string uuid_label(TextBytes bytes) {
    constexpr std::size_t kHexDigits = 32;
    std::string text = in_base(python_digits(bytes), 16);
    if (text.size() > kHexDigits) return text;
    text.insert(0, kHexDigits - text.size(), '0');
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, "-");
    return text;
}

// As Python's repr(): the shortest text that reads back as the same number.
std::string double_label(TextBytes bytes) {
    constexpr int kMostPlainDigits = 16;
    constexpr int kLeastPlainExponent = -4;
    double value = 0;
    if (bytes.size() < sizeof value) return {};
    std::memcpy(&value, bytes.data(), sizeof value);
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    std::array<char, 40> buffer{};
    const int exponent = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::fabs(value))));
    const bool plain = exponent >= kLeastPlainExponent && exponent < kMostPlainDigits;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string text(buffer.data(), end.ptr);
    if (plain && text.find('.') == std::string::npos) text += ".0";
    return text;
}

// The type's name as in source code; unchanged if it is not a mangled name, or is truncated.
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
    const TextBytes bytes(reinterpret_cast<const unsigned char*>(text.data),
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
        case FT_TEXT_DIGITS:
            return large_integer_label(bytes);
        case FT_TEXT_DOUBLE:
            return double_label(bytes);
        case FT_TEXT_BOOLEAN:
            return boolean_label(bytes);
        case FT_TEXT_UUID:
            return uuid_label(bytes);
        default:
            return {};
    }
    if (truncated && !bytes.empty()) label += kEllipsis;
    return label;
}

std::string clean_label(std::string_view text, std::size_t max_bytes) {
    const bool truncated = text.size() > max_bytes;
    const TextBytes bytes(reinterpret_cast<const unsigned char*>(text.data()),
                          std::min(text.size(), max_bytes));
    std::string label;
    append_utf8_text(label, bytes, truncated);
    if (truncated) label += kEllipsis;
    return label;
}

}  // namespace flowtap

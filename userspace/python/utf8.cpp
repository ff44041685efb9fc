// SPDX-License-Identifier: Apache-2.0
#include "python/utf8.h"

#include <cstdint>
#include <cstring>

namespace flowtap {

namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

void append(std::string& text, std::uint32_t point) {
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) point = kReplacement;
    const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
    if (point < 0x80) {
        text += static_cast<char>(point);
    } else if (point < 0x800) {
        text += static_cast<char>(0xc0 | (point >> 6));
        tail(0);
    } else if (point < 0x10000) {
        text += static_cast<char>(0xe0 | (point >> 12));
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xf0 | (point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

}  // namespace

std::string utf8_of_code_units(std::span<const std::byte> bytes, std::size_t width) {
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
        std::uint32_t point = 0;
        std::memcpy(&point, bytes.data() + at, width);  // little-endian, as x86-64 is
        append(text, point);
    }
    return text;
}

}  // namespace flowtap

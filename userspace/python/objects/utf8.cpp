// SPDX-License-Identifier: Apache-2.0
#include "python/objects/utf8.h"

#include <utf8/unchecked.h>

#include <cstdint>
#include <cstring>
#include <iterator>

namespace flowtap {

namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

// utfcpp checks a code point only by throwing from utf8::append().
bool is_scalar_value(std::uint32_t point) { return point < 0xd800 || (point > 0xdfff && point <= 0x10ffff); }

}  // namespace

std::string utf8_of_code_units(std::span<const std::byte> bytes, std::size_t width) {
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
        std::uint32_t point = 0;
        std::memcpy(&point, bytes.data() + at, width);  // little-endian, as all targets are
        utf8::unchecked::append(is_scalar_value(point) ? point : kReplacement, std::back_inserter(text));
    }
    return text;
}

}  // namespace flowtap

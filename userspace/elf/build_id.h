// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elfutils/libdwelf.h>

#include <string>
#include <string_view>

namespace flowtap {

inline std::string hexadecimal_id(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

// Hexadecimal; empty when the file has none.
inline std::string read_build_id(Elf* elf) {
    const void* bytes = nullptr;
    const ssize_t length = dwelf_elf_gnu_build_id(elf, &bytes);
    if (length <= 0) return {};
    return hexadecimal_id({static_cast<const char*>(bytes), static_cast<std::size_t>(length)});
}

}  // namespace flowtap

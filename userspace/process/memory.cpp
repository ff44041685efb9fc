// SPDX-License-Identifier: Apache-2.0
#include "process/memory.h"

#include <algorithm>
#include <string_view>

namespace flowtap {

namespace {

// A string may end right before an unmapped page, so no single read crosses a page boundary.
constexpr std::uint64_t kPageSize = 4096;
constexpr std::size_t kChunk = 256;

}  // namespace

std::optional<std::string> Memory::read_cstring(std::uint64_t address, std::size_t max) const {
    std::string text;
    std::array<char, kChunk> chunk;
    while (text.size() < max) {
        const std::uint64_t at = address + text.size();
        if (at < address) return std::nullopt;
        const std::size_t wanted =
            std::min<std::uint64_t>({kChunk, kPageSize - at % kPageSize, max - text.size()});
        if (!copy(at, std::as_writable_bytes(std::span(chunk).first(wanted)))) return std::nullopt;
        const std::string_view got(chunk.data(), wanted);
        text += got.substr(0, got.find('\0'));
        if (got.find('\0') != std::string_view::npos) return text;
    }
    return std::nullopt;
}

}  // namespace flowtap

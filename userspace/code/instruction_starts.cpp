// SPDX-License-Identifier: Apache-2.0
#include "code/instruction_starts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "code/instruction_length.h"

namespace flowtap {
namespace {

constexpr uint64_t kLargestPiece = 4 << 20;
constexpr size_t kChunk = 4096;

}  // namespace

void InstructionStarts::decode_past(Piece& piece, uint64_t address) const {
    std::array<std::byte, kChunk> buffer{};
    while (piece.decoded_to <= address && piece.decoded_to < piece.end) {
        const size_t wanted = std::min<uint64_t>(kChunk, piece.end - piece.decoded_to);
        const size_t size = source_.read(piece.decoded_to, std::span(buffer).first(wanted));
        const size_t decoded = add_starts(piece, std::span<const std::byte>(buffer).first(size));
        if (decoded == 0) piece.end = piece.decoded_to;
        piece.decoded_to += decoded;
    }
}

size_t InstructionStarts::add_starts(Piece& piece, std::span<const std::byte> bytes) {
    size_t at = 0;
    while (at < bytes.size()) {
        const size_t length = instruction_length(bytes.subspan(at));
        if (length == 0) break;  // or cut off by the end of the buffer
        piece.starts.push_back(piece.decoded_to + at);
        const size_t second = second_start(bytes.subspan(at));
        if (second != 0) piece.starts.push_back(piece.decoded_to + at + second);
        at += length;
    }
    return at;
}

std::optional<bool> InstructionStarts::contain(uint64_t address) {
    const auto range = source_.piece_of(address);
    if (!range) return std::nullopt;
    if (range->end - range->start > kLargestPiece) return false;
    Piece& piece = pieces_.try_emplace(range->start, Piece{{}, range->start, range->end}).first->second;
    decode_past(piece, address);
    return std::ranges::binary_search(piece.starts, address);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "code/x86_64/instruction_starts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "code/x86_64/decoder.h"

namespace flowtap {
namespace {

constexpr uint64_t kLargestPiece = 4 << 20;
constexpr size_t kChunk = 4096;
constexpr std::byte kLockPrefix{0xf0};

const ZydisDecoder& length_decoder() {
    static const ZydisDecoder decoder = [] {
        ZydisDecoder one;
        ZydisDecoderInit(&one, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        ZydisDecoderEnableMode(&one, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
        return one;
    }();
    return decoder;
}

// 0 where no instruction lies.
size_t instruction_length(std::span<const std::byte> bytes) {
    ZydisDecodedInstruction instruction;
    const bool valid = ZYAN_SUCCESS(
        ZydisDecoderDecodeInstruction(&length_decoder(), nullptr, bytes.data(), bytes.size(), &instruction));
    return valid ? instruction.length : 0;
}

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
        // A thread that is alone in its process jumps over this prefix.
        if (bytes[at] == kLockPrefix) piece.starts.push_back(piece.decoded_to + at + 1);
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

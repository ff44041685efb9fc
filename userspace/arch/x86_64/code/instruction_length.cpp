// SPDX-License-Identifier: Apache-2.0
#include "code/instruction_length.h"

#include <Zydis/Zydis.h>

namespace flowtap {
namespace {

const ZydisDecoder& length_decoder() {
    static const ZydisDecoder decoder = [] {
        ZydisDecoder one;
        ZydisDecoderInit(&one, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        ZydisDecoderEnableMode(&one, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
        return one;
    }();
    return decoder;
}

}  // namespace

std::size_t instruction_length(std::span<const std::byte> bytes) {
    ZydisDecodedInstruction instruction;
    const bool valid = ZYAN_SUCCESS(
        ZydisDecoderDecodeInstruction(&length_decoder(), nullptr, bytes.data(), bytes.size(), &instruction));
    return valid ? instruction.length : 0;
}

// A thread that is alone in its process jumps over a lock prefix.
std::size_t second_start(std::span<const std::byte> bytes) {
    constexpr std::byte kLockPrefix{0xf0};
    return bytes[0] == kLockPrefix ? 1 : 0;
}

}  // namespace flowtap

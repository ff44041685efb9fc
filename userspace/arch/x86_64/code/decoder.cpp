// SPDX-License-Identifier: Apache-2.0
#include "arch/x86_64/code/decoder.h"

namespace flowtap {
namespace {

ZydisDecoder make_decoder() {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return decoder;
}

}  // namespace

bool Decoded::has_prefix(uint8_t prefix) const {
    for (unsigned i = 0; i < instruction.raw.prefix_count; ++i)
        if (instruction.raw.prefixes[i].value == prefix) return true;
    return false;
}

std::optional<uint64_t> Decoded::address_of(const ZydisDecodedOperand& operand) const {
    ZyanU64 result = 0;
    if (ZYAN_FAILED(ZydisCalcAbsoluteAddress(&instruction, &operand, address, &result))) return std::nullopt;
    return result;
}

std::optional<Decoded> decode(const CodeSource& source, uint64_t address) {
    static const ZydisDecoder decoder = make_decoder();
    Decoded decoded;
    decoded.address = address;
    const size_t size = source.read(address, std::as_writable_bytes(std::span(decoded.bytes)));
    if (size == 0 || ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, decoded.bytes.data(), size,
                                                        &decoded.instruction, decoded.operands.data())))
        return std::nullopt;
    return decoded;
}

std::optional<Register> general_register(ZydisRegister reg) {
    const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    if (ZydisRegisterGetClass(whole) != ZYDIS_REGCLASS_GPR64) return std::nullopt;
    return static_cast<Register>(ZydisRegisterGetId(whole));
}

std::optional<Register> full_register(const ZydisDecodedOperand& operand) {
    if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) return std::nullopt;
    if (ZydisRegisterGetClass(operand.reg.value) != ZYDIS_REGCLASS_GPR64) return std::nullopt;
    return general_register(operand.reg.value);
}

}  // namespace flowtap

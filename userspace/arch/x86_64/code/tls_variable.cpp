// SPDX-License-Identifier: Apache-2.0
#include "code/tls_variable.h"

#include <array>

#include "arch/x86_64/code/decoder.h"

namespace flowtap {
namespace {

constexpr int kMostInstructions = 32;

// What a register holds, as far as it matters here: a sum of what is known.
struct Value {
    enum class Base {
        kUnknown,
        kNothing,    // the sum is of numbers, and of the thread pointer
        kSlot,       // the word at the address `where`
        kDescribed,  // the distance that the descriptor there tells
        kBlock,      // the address that __tls_get_addr makes of the index there
        kContent,    // the value of `variable`, alone
    };
    Base base = Base::kUnknown;
    std::uint64_t where = 0;
    std::uint64_t offset = 0;  // may be negative, and may wrap
    int thread_pointers = 0;
    TlsVariable variable = {};
};

using Base = Value::Base;
using Way = TlsVariable::Way;

constexpr Value kThreadPointer = {Base::kNothing, 0, 0, 1, {}};

Value number(std::uint64_t of) { return {Base::kNothing, 0, of, 0, {}}; }

Value sum(const Value& one, const Value& other) {
    if (other.base != Base::kNothing) return one.base == Base::kNothing ? sum(other, one) : Value{};
    if (one.base == Base::kUnknown || one.base == Base::kContent) return {};
    Value total = one;
    total.offset += other.offset;
    total.thread_pointers += other.thread_pointers;
    return total;
}

Value content_of(Way way, std::uint64_t where, std::uint64_t addend) {
    return {Base::kContent, 0, 0, 0, {way, where, addend}};
}

// What lies at an address.
Value content(const Value& address) {
    const bool in_thread = address.thread_pointers == 1;
    if (!in_thread && address.thread_pointers != 0) return {};
    switch (address.base) {
        case Base::kNothing:
            if (!in_thread) return {Base::kSlot, address.offset, 0, 0, {}};
            // The thread control block begins with its own address.
            if (address.offset == 0) return kThreadPointer;
            return content_of(Way::kOffset, address.offset, 0);
        case Base::kSlot:
            return in_thread ? content_of(Way::kOffsetSlot, address.where, address.offset) : Value{};
        case Base::kDescribed:
            return in_thread ? content_of(Way::kDescriptor, address.where, address.offset) : Value{};
        case Base::kBlock:
            return in_thread ? Value{} : content_of(Way::kIndex, address.where, address.offset);
        default:
            return {};
    }
}

class Follower {
public:
    explicit Follower(const CodeSource& source) : source_(source) {}

    std::optional<TlsVariable> follow(std::uint64_t address) {
        for (int i = 0; i < kMostInstructions; i++) {
            const auto decoded = decode(source_, address);
            const auto instruction = decode_instruction(source_, address);
            if (!decoded || !instruction) return std::nullopt;
            switch (instruction->flow) {
                case Flow::kNext:
                    execute(*decoded, *instruction);
                    break;
                case Flow::kCall:
                case Flow::kIndirectCall:
                    call(*decoded, *instruction);
                    break;
                case Flow::kReturn:
                case Flow::kConditional:
                    return returned();
                case Flow::kJump:
                    if (!instruction->target) return std::nullopt;
                    address = *instruction->target;
                    continue;
                default:
                    return std::nullopt;
            }
            address = instruction->next();
        }
        return std::nullopt;
    }

private:
    Value& at(Register one) { return registers_[static_cast<std::size_t>(one)]; }

    [[nodiscard]] std::optional<TlsVariable> returned() {
        const Value& result = at(Register::kRax);
        return result.base == Base::kContent ? std::optional(result.variable) : std::nullopt;
    }

    void forget(RegisterSet set) {
        for (const Register one : set.members()) at(one) = {};
    }

    // The address that a memory operand means.
    Value address(const Decoded& decoded, const ZydisDecodedOperand& operand) {
        if (operand.mem.base == ZYDIS_REGISTER_RIP) {
            const auto target = decoded.address_of(operand);
            return target ? number(*target) : Value{};
        }
        if (operand.mem.segment == ZYDIS_REGISTER_GS || operand.mem.scale > 1) return {};
        Value address = number(static_cast<std::uint64_t>(operand.mem.disp.value));
        for (const ZydisRegister part : {operand.mem.base, operand.mem.index}) {
            if (part == ZYDIS_REGISTER_NONE) continue;
            const auto which = general_register(part);
            address = which ? sum(address, at(*which)) : Value{};
        }
        return operand.mem.segment == ZYDIS_REGISTER_FS ? sum(address, kThreadPointer) : address;
    }

    Value value(const Decoded& decoded, const ZydisDecodedOperand& operand) {
        if (operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) return number(operand.imm.value.u);
        if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY)
            return operand.size == 64 ? content(address(decoded, operand)) : Value{};
        const auto which = full_register(operand);
        return which ? at(*which) : Value{};
    }

    void execute(const Decoded& decoded, const Instruction& instruction) {
        const auto target = full_register(decoded.operand(0));
        Value result;
        if (target && decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV)
            result = value(decoded, decoded.operand(1));
        if (target && decoded.instruction.mnemonic == ZYDIS_MNEMONIC_LEA)
            result = address(decoded, decoded.operand(1));
        if (target && decoded.instruction.mnemonic == ZYDIS_MNEMONIC_ADD)
            result = sum(at(*target), value(decoded, decoded.operand(1)));
        forget(instruction.writes);
        if (result.base != Base::kUnknown) at(*target) = result;
    }

    // Of __tls_get_addr, which takes an index, or of a descriptor's function, which is called through the
    // descriptor and changes no register but rax. Who asks must be sure that it is none of another kind.
    void call(const Decoded& decoded, const Instruction& instruction) {
        const ZydisDecodedOperand& callee = decoded.operand(0);
        const Value described = at(Register::kRax);
        const Value index = at(Register::kRdi);
        if (callee.type == ZYDIS_OPERAND_TYPE_MEMORY && callee.mem.base == ZYDIS_REGISTER_RAX) {
            at(Register::kRax) = is_number(described) ? found(Base::kDescribed, described) : Value{};
            return;
        }
        forget(instruction.writes);
        if (is_number(index)) at(Register::kRax) = found(Base::kBlock, index);
    }

    static bool is_number(const Value& value) {
        return value.base == Base::kNothing && value.thread_pointers == 0;
    }
    static Value found(Base base, const Value& address) { return {base, address.offset, 0, 0, {}}; }

    const CodeSource& source_;
    std::array<Value, 16> registers_;
};

}  // namespace

std::optional<TlsVariable> returned_tls_variable(const CodeSource& source, std::uint64_t function) {
    return Follower(source).follow(function);
}

}  // namespace flowtap

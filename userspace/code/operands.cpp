// SPDX-License-Identifier: Apache-2.0
#include "code/operands.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "code/operation.h"

namespace flowtap {
namespace {

// Memory at a displacement from a register that is no stack or instruction pointer.
bool is_field_at(const Operand& operand, int displacement) {
    return is_memory(operand) && operand.memory.base && *operand.memory.base != arch::kStackPointer &&
           !operand.memory.has_index && operand.memory.displacement == displacement;
}

bool is_store_at(const Operation& operation, int displacement, unsigned bits) {
    return operation.kind == Operation::Kind::kMove && operation.first.bits == bits &&
           is_field_at(operation.first, displacement);
}

// Calls visit(address, operation) for each instruction of the function, by address, until it returns true.
// Returns whether it did.
template <typename Visit>
bool any_operation(const ElfFile& elf, const FunctionCode& function, Visit visit) {
    return std::ranges::any_of(function.nodes(), [&](const auto& entry) {
        const auto operation = decode_operation(elf, entry.first);
        return operation && visit(entry.first, *operation);
    });
}

template <typename Visit>
void for_each_operation(const ElfFile& elf, const FunctionCode& function, Visit visit) {
    any_operation(elf, function, [&](std::uint64_t address, const Operation& operation) {
        visit(address, operation);
        return false;
    });
}

// The constant address that an instruction puts into a register, or reads a word from; else 0.
std::uint64_t constant_address(const Operation& operation) {
    const Operand& from = operation.second;
    const bool moves = operation.kind == Operation::Kind::kMove;
    if (moves && is_constant(from)) return static_cast<std::uint64_t>(from.constant);
    const bool reads = is_memory(from) && from.memory.by_instruction_pointer;
    const bool refers = moves || operation.kind == Operation::Kind::kAddress;
    return reads && refers ? from.memory.address.value_or(0) : 0;
}

}  // namespace

std::vector<std::uint64_t> code_stored_at(const ElfFile& elf, const FunctionCode& function,
                                          int displacement) {
    std::set<std::uint64_t> found;
    // Last address loaded into each register, in address order: enough for straight-line constructors.
    std::map<Register, std::uint64_t> loaded;
    for_each_operation(elf, function, [&](std::uint64_t, const Operation& operation) {
        const auto& [first, second] = std::tie(operation.first, operation.second);
        if (is_store_at(operation, displacement, 64)) {
            if (is_constant(second)) found.insert(static_cast<std::uint64_t>(second.constant));
            if (second.whole) found.insert(loaded[*second.whole]);
        } else if (operation.kind == Operation::Kind::kAddress && first.whole) {
            loaded[*first.whole] = second.memory.address.value_or(0);
        } else if (operation.kind == Operation::Kind::kMove && first.part_of && is_constant(second)) {
            loaded[*first.part_of] = static_cast<std::uint64_t>(second.constant);
        }
    });
    std::erase_if(found, [&](std::uint64_t address) { return !elf.is_executable_address(address); });
    return {found.begin(), found.end()};
}

bool takes_address_at(const ElfFile& elf, const FunctionCode& function, int displacement) {
    return any_operation(elf, function, [&](std::uint64_t, const Operation& operation) {
        const auto& [first, second] = std::tie(operation.first, operation.second);
        if (operation.kind == Operation::Kind::kAddress) return is_field_at(second, displacement);
        return operation.kind == Operation::Kind::kAdd && first.whole &&
               *first.whole != arch::kStackPointer && is_constant(second) && second.constant == displacement;
    });
}

bool loads_word_at(const ElfFile& elf, const FunctionCode& function, int displacement) {
    return any_operation(elf, function, [&](std::uint64_t, const Operation& operation) {
        return operation.kind == Operation::Kind::kMove && operation.second.bits == 64 &&
               is_field_at(operation.second, displacement);
    });
}

bool stores_word_in_run(const ElfFile& elf, AddressRange run, int displacement) {
    for (std::uint64_t address = run.start; address < run.end;) {
        const auto instruction = decode_instruction(elf, address);
        const auto operation = decode_operation(elf, address);
        if (!instruction || !operation || is_store_at(*operation, displacement, 64)) return true;
        address = instruction->next();
    }
    return false;
}

std::vector<ByteStore> byte_stores_at(const ElfFile& elf, const FunctionCode& function, int displacement) {
    std::vector<ByteStore> found;
    for_each_operation(elf, function, [&](std::uint64_t address, const Operation& operation) {
        if (!is_store_at(operation, displacement, 8) || !is_constant(operation.second)) return;
        const auto value = static_cast<std::uint8_t>(operation.second.constant);
        found.push_back({address, *operation.first.memory.base, value});
    });
    return found;
}

std::set<std::uint64_t> byte_store_addresses(const ElfFile& elf, const FunctionCode& function,
                                             int displacement) {
    std::set<std::uint64_t> found;
    for_each_operation(elf, function, [&](std::uint64_t address, const Operation& operation) {
        if (is_store_at(operation, displacement, 8)) found.insert(address);
    });
    return found;
}

std::vector<AddressLoad> address_loads(const ElfFile& elf, const FunctionCode& function) {
    std::vector<AddressLoad> found;
    for_each_operation(elf, function, [&](std::uint64_t address, const Operation& operation) {
        const Operand& to = operation.first;
        const std::uint64_t target = constant_address(operation);
        if (target == 0 || !to.part_of || to.bits < 32) return;
        const bool through_slot = operation.kind == Operation::Kind::kMove && is_memory(operation.second);
        found.push_back({address, *to.part_of, target, through_slot});
    });
    return found;
}

}  // namespace flowtap

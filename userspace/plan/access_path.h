// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arch/register_set.h"
#include "bpf/target.h"

namespace flowtap {

// By its number; "?" if there is none.
const char* register_name(std::uint8_t number);

// A place in a target at a probe, under construction: one or two registers that hold a value, or memory.
// Complete after one of the read functions, which describe how the kernel reads the value.
class AccessPath {
public:
    // The value itself is in the registers, 8 bytes in each; at most two.
    static AccessPath in_registers(std::vector<std::uint8_t> registers);
    // The value is in memory, `offset` bytes from what the register holds.
    static AccessPath at_register(std::uint8_t base, std::int64_t offset);
    static AccessPath at_address(std::uint64_t address);
    static AccessPath of_constant(std::uint64_t value);
    // Memory only: adds (1 << scale) times the value of that register.
    void add_index(std::uint8_t index, std::uint8_t scale);

    [[nodiscard]] bool is_in_registers() const { return !registers_.empty(); }
    // Moves to a member at this offset in the value.
    void move(std::int64_t bytes);
    // Moves to the object that the pointer at this place points to. Returns false if the path has no room for
    // another step.
    [[nodiscard]] bool follow();

    // Returns false if the value cannot be read in this way: it is not completely in a register, or its
    // offset is too large.
    [[nodiscard]] bool read_number(unsigned width, bool is_signed);
    [[nodiscard]] bool read_cstring();  // the value is its address
    [[nodiscard]] bool read_array(std::uint64_t size);
    [[nodiscard]] bool read_slice(unsigned pointer_offset, unsigned length_offset);
    [[nodiscard]] bool read_libcxx_string();

    // What the BPF program reads; complete after one of the read functions.
    [[nodiscard]] const ft_access& access() const { return access_; }
    [[nodiscard]] RegisterSet registers() const;
    [[nodiscard]] bool reads_memory() const;
    // For people, such as "string at [REGISTER+0x10]+0x8".
    [[nodiscard]] std::string text() const;

private:
    AccessPath();
    // nullopt if the part of the value at this offset is in no general register.
    [[nodiscard]] std::optional<std::uint8_t> register_at(std::int64_t offset) const;
    [[nodiscard]] bool finish_in_memory(ft_value type);

    ft_access access_ = {};
    std::vector<std::uint8_t> registers_;  // empty: in memory, or a constant
    bool is_constant_ = false;
    std::int64_t offset_ = 0;  // into the registers, or from the end of the path
};

}  // namespace flowtap

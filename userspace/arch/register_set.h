// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "arch/architecture.h"

namespace flowtap {

// A set of general registers, one bit each.
class RegisterSet {
public:
    constexpr RegisterSet() = default;
    constexpr RegisterSet(Register single) : bits_(1U << number_of(single)) {}
    template <typename Registers>
    static constexpr RegisterSet of(const Registers& registers) {
        RegisterSet set;
        for (const Register one : registers) set = set | one;
        return set;
    }

    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr bool contains(Register one) const { return !(*this & RegisterSet(one)).empty(); }
    // Ascending.
    [[nodiscard]] std::vector<Register> members() const {
        std::vector<Register> all;
        for (std::size_t number = 0; number < arch::kRegisterNames.size(); ++number)
            if (contains(static_cast<Register>(number))) all.push_back(static_cast<Register>(number));
        return all;
    }

    friend constexpr RegisterSet operator|(RegisterSet a, RegisterSet b) {
        return from_bits(a.bits_ | b.bits_);
    }
    friend constexpr RegisterSet operator&(RegisterSet a, RegisterSet b) {
        return from_bits(a.bits_ & b.bits_);
    }
    friend constexpr RegisterSet operator-(RegisterSet a, RegisterSet b) {
        return from_bits(a.bits_ & ~b.bits_);
    }
    friend constexpr bool operator==(RegisterSet a, RegisterSet b) = default;

private:
    static constexpr RegisterSet from_bits(std::uint32_t bits) {
        RegisterSet set;
        set.bits_ = bits;
        return set;
    }

    std::uint32_t bits_ = 0;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>

namespace flowtap {

// A set of enumerators with values from 0 to 31.
template <typename E>
class EnumSet {
public:
    constexpr EnumSet() = default;
    constexpr EnumSet(std::initializer_list<E> members) {
        for (const E one : members) bits_ |= bit(one);
    }

    [[nodiscard]] constexpr bool has(E one) const { return (bits_ & bit(one)) != 0; }
    [[nodiscard]] constexpr bool has_any(EnumSet others) const { return (bits_ & others.bits_) != 0; }

    constexpr void add(E one) { bits_ |= bit(one); }
    constexpr void add(EnumSet others) { bits_ |= others.bits_; }
    constexpr void remove(E one) { bits_ &= ~bit(one); }

    // Any order, for use as a key.
    constexpr auto operator<=>(const EnumSet&) const = default;

private:
    static constexpr std::uint32_t bit(E one) { return 1U << static_cast<unsigned>(one); }

    std::uint32_t bits_ = 0;
};

}  // namespace flowtap

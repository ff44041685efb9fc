// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

namespace flowtap {

// The memory of another process, read-only. Reads of a running process are not atomic with what it
// does: two reads may see two different moments, and callers treat what they read as hostile.
class Memory {
public:
    virtual ~Memory() = default;

    // All of out, or false (then out holds anything).
    [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> out) const {
        return copy(address, out);
    }

    template <typename T>
    requires std::is_trivially_copyable_v<T>
    [[nodiscard]] std::optional<T> read(std::uint64_t address) const {
        std::array<std::byte, sizeof(T)> bytes;
        if (!copy(address, bytes)) return std::nullopt;
        return std::bit_cast<T>(bytes);
    }

    // Without its NUL; nullopt where there is none within max bytes. Never reads past the page that holds the
    // NUL.
    [[nodiscard]] std::optional<std::string> read_cstring(std::uint64_t address, std::size_t max) const;

protected:
    Memory() = default;
    Memory(const Memory&) = default;
    Memory(Memory&&) = default;
    Memory& operator=(const Memory&) = default;
    Memory& operator=(Memory&&) = default;

private:
    [[nodiscard]] virtual bool copy(std::uint64_t address, std::span<std::byte> out) const = 0;
};

}  // namespace flowtap

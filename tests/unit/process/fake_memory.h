// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "process/memory.h"

namespace flowtap {

// Memory made of the blocks that were put into it; all else is unmapped.
class FakeMemory : public Memory {
public:
    void map(std::uint64_t address, std::size_t size) { blocks_[address].resize(size); }

    // Precondition: inside one mapped block.
    template <typename T>
    void put(std::uint64_t address, const T& value) {
        put_bytes(address, &value, sizeof(value));
    }
    void put_bytes(std::uint64_t address, const void* bytes, std::size_t size) {
        auto block = std::prev(blocks_.upper_bound(address));
        std::copy_n(static_cast<const std::byte*>(bytes), size,
                    block->second.data() + (address - block->first));
    }

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        auto block = blocks_.upper_bound(address);
        if (block == blocks_.begin()) return false;
        --block;
        const std::uint64_t offset = address - block->first;
        if (offset > block->second.size() || out.size() > block->second.size() - offset) return false;
        std::copy_n(block->second.data() + offset, out.size(), out.data());
        return true;
    }

    std::map<std::uint64_t, std::vector<std::byte>> blocks_;
};

}  // namespace flowtap

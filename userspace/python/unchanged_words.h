// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "process/memory.h"

namespace flowtap {

// Words of a process's memory that stay as they are until what they were noted for appears: a class's first
// object, a new subclass. Cheap to look at, and any change means that it is worth looking closely.
class UnchangedWords {
public:
    void note(std::uint64_t address, std::uint64_t value) { words_.emplace(address, value); }
    void note(const UnchangedWords& others) { words_.insert(others.words_.begin(), others.words_.end()); }

    // Whether all of them are as they were noted. One that cannot be read has changed.
    [[nodiscard]] bool unchanged(const Memory& memory) const {
        for (const auto& [address, value] : words_)
            if (memory.read<std::uint64_t>(address) != value) return false;
        return true;
    }

    [[nodiscard]] std::size_t size() const { return words_.size(); }

private:
    std::map<std::uint64_t, std::uint64_t> words_;
};

}  // namespace flowtap

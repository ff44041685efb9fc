// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "process/memory.h"

namespace flowtap {

// Words of a process's memory that do not change until something new appears: a class's first object, a new
// subclass. Cheap to read; any change means that the process is worth planning again.
class UnchangedWords {
public:
    void add(std::uint64_t address, std::uint64_t value) { words_.emplace(address, value); }
    void add(const UnchangedWords& others) { words_.insert(others.words_.begin(), others.words_.end()); }

    // Whether all of them have their noted values. One that cannot be read counts as changed.
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flowtap {

// Gives each distinct text a small number that never changes.
class Registry {
public:
    // Numbers start at `first`.
    explicit Registry(std::uint32_t first = 0) : first_(first) {}

    std::uint32_t number_of(const std::string& text) {
        const auto [found, added] =
            numbers_.try_emplace(text, first_ + static_cast<std::uint32_t>(texts_.size()));
        if (added) texts_.push_back(text);
        return found->second;
    }

    [[nodiscard]] std::uint32_t first() const { return first_; }
    // Ordered by number.
    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

private:
    std::uint32_t first_;
    std::map<std::string, std::uint32_t> numbers_;
    std::vector<std::string> texts_;
};

}  // namespace flowtap

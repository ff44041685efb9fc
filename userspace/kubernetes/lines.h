// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flowtap {

// Assembles lines from the pieces in which they arrive.
class Lines {
public:
    explicit Lines(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    // Calls take(line) for each complete line that is not empty, without its newline. Returns false if take()
    // did, or if a line is too long.
    // returned false, or a line is too long.
    template <typename Take>
    bool add(std::string_view piece, Take take) {
        while (!piece.empty()) {
            const std::size_t end = piece.find('\n');
            const std::string_view part = piece.substr(0, end);
            if (part.size() > max_bytes_ - line_.size()) return false;
            line_ += part;
            if (end == std::string_view::npos) return true;
            piece.remove_prefix(end + 1);
            if (!line_.empty() && !take(std::string_view(line_))) return false;
            line_.clear();
        }
        return true;
    }

    // Whether the last line is incomplete.
    [[nodiscard]] bool unfinished() const { return !line_.empty(); }

private:
    std::size_t max_bytes_;
    std::string line_;
};

}  // namespace flowtap

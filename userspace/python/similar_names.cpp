// SPDX-License-Identifier: Apache-2.0
#include "python/similar_names.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace flowtap {
namespace {

constexpr std::size_t kMostSuggested = 3;
constexpr std::size_t kLongest = 128;  // longer names are not compared

// Number of insertions, deletions, replacements and swaps of neighbouring letters from one to the other.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    std::vector<std::size_t> next(to.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= from.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = row[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before = std::exchange(row, next);
    }
    return row.back();
}

}  // namespace

std::vector<std::string> similar_names(std::string_view wanted, std::span<const std::string> names) {
    const std::size_t farthest = std::max<std::size_t>(1, wanted.size() / 3);
    std::vector<std::pair<std::size_t, std::string>> found;
    for (const std::string& name : names) {
        if (name.size() > kLongest || wanted.size() > kLongest) continue;
        const std::size_t apart = distance(wanted, name);
        if (apart <= farthest && apart < wanted.size()) found.emplace_back(apart, name);
    }
    std::ranges::sort(found);
    std::vector<std::string> similar;
    for (auto& [apart, name] : found)
        if (similar.size() < kMostSuggested && !std::ranges::count(similar, name))
            similar.push_back(std::move(name));
    return similar;
}

std::string suggestion(std::string_view wanted, std::span<const std::string> names) {
    std::string text;
    for (const std::string& name : similar_names(wanted, names))
        text += (text.empty() ? "; is it " : " or ") + name;
    return text.empty() ? text : text + "?";
}

}  // namespace flowtap

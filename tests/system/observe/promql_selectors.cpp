// SPDX-License-Identifier: Apache-2.0
#include "promql_selectors.h"

#include <regex>

namespace flowtap::system_test {
namespace {

bool is_grouping(const std::string& word) {
    static const std::set<std::string> words = {"by",       "without",    "on",
                                                "ignoring", "group_left", "group_right"};
    return words.contains(word);
}

bool is_operator(const std::string& word) {
    static const std::set<std::string> words = {"and", "or",  "unless", "offset", "bool",
                                                "inf", "nan", "Inf",    "NaN"};
    return words.contains(word);
}

// Strings, durations and numbers say nothing of names.
std::string without_values(const std::string& expression) {
    static const std::regex values(R"re("(\\.|[^"\\])*"|'(\\.|[^'\\])*'|\[[^\]]*\]|\b[0-9][0-9a-zA-Z.]*)re");
    return std::regex_replace(expression, values, " ");
}

// The text between an opening bracket at `at` and the closing one, as words.
std::set<std::string> words_in(const std::string& text, std::size_t at, char closing) {
    const std::string inside = text.substr(at + 1, text.find(closing, at) - at - 1);
    static const std::regex word("[a-zA-Z_][a-zA-Z0-9_]*");
    return {std::sregex_token_iterator(inside.begin(), inside.end(), word), std::sregex_token_iterator()};
}

}  // namespace

Selectors selectors_of(const std::string& expression) {
    const std::string text = without_values(expression) + " ";
    // A word and the bracket behind it, if there is one.
    static const std::regex token(R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)\s*([({]|))re");
    Selectors found;
    auto at = text.cbegin();
    for (std::smatch match; std::regex_search(at, text.cend(), match, token);) {
        const std::string word = match[1];
        const std::string next = match[2];
        const auto bracket = static_cast<std::size_t>(match[2].first - text.cbegin());
        at = match[0].second;
        if (is_grouping(word) && next == "(") {
            found.groupings.merge(words_in(text, bracket, ')'));
            at = text.cbegin() + static_cast<std::ptrdiff_t>(text.find(')', bracket));
        } else if (next == "{") {
            found.metrics.push_back({word, words_in(text, bracket, '}')});
            at = text.cbegin() + static_cast<std::ptrdiff_t>(text.find('}', bracket));
        } else if (next.empty() && !is_operator(word) && !is_grouping(word)) {
            // "sum by (...)": an aggregation, not a metric.
            std::smatch following;
            const bool named =
                std::regex_search(at, text.cend(), following, token, std::regex_constants::match_continuous);
            if (!named || !(following[1] == "by" || following[1] == "without"))
                found.metrics.push_back({word, {}});
        }
    }
    return found;
}

}  // namespace flowtap::system_test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "yaml/names.h"
#include "yaml/problems.h"

namespace flowtap {

// A scalar and its line.
struct Text {
    std::string value;
    int line = 0;
};

// A key that this mapping may have. If it is allowed elsewhere only, `only_for` says where ("runtime:
// native").
struct Key {
    std::string_view name;
    std::string_view only_for = {};
};

// One of a fixed set of words.
template <typename E>
struct Choice {
    std::string_view word;
    E value;
};

enum class Need : bool { kOptional, kRequired };

[[nodiscard]] inline int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

// Reads one YAML mapping. Reports mistakes to the scope and treats faulty values as absent, so that one pass
// finds all mistakes.
class MapReader {
public:
    // No mapping of a config or a profile has more keys.
    static constexpr std::size_t kMostKeys = 64;

    // Reports a node that is not a mapping, keys that are not text, duplicate keys, and more keys than that,
    // which would make the search for duplicates too long.
    MapReader(const YAML::Node& node, Scope scope, std::size_t most_keys = kMostKeys);

    [[nodiscard]] int line() const { return line_; }
    [[nodiscard]] const Scope& scope() const { return scope_; }

    // Reports every key not among `keys`.
    void check_keys(const std::vector<Key>& keys) const;

    [[nodiscard]] std::optional<Text> text(std::string_view key, Need need) const;

    // The line of a key, whatever its value is; nullopt if it is absent.
    [[nodiscard]] std::optional<int> line_of_key(std::string_view key) const;

    // A list of at most `limit` scalars, not empty.
    [[nodiscard]] std::vector<Text> texts(std::string_view key, Need need, std::size_t limit) const;

    // The same, but a single scalar stands for a list of one. Empty if the key is absent.
    [[nodiscard]] std::vector<Text> one_or_more(std::string_view key, std::size_t limit) const;

    // A list of at most `limit` nodes, not empty; an empty result for anything else.
    [[nodiscard]] std::vector<YAML::Node> list(std::string_view key, Need need, std::size_t limit) const;

    // A mapping of at most `limit` words to words, not empty; an empty result for anything else.
    [[nodiscard]] std::vector<std::pair<Text, Text>> words(std::string_view key, std::size_t limit) const;

    // The value of a key that is a mapping itself, in the scope of the key; nullopt if the key is absent.
    [[nodiscard]] std::optional<MapReader> mapping(std::string_view key) const;
    [[nodiscard]] bool has_mapping(std::string_view key) const;

    template <typename E, std::size_t N>
    [[nodiscard]] std::optional<E> choice(std::string_view key, const Choice<E> (&choices)[N],
                                          Need need) const {
        const auto given = text(key, need);
        if (!given) return std::nullopt;
        std::vector<std::string_view> words;
        for (const auto& choice : choices) {
            if (choice.word == given->value) return choice.value;
            words.push_back(choice.word);
        }
        report_choice(key, *given, words);
        return std::nullopt;
    }

private:
    struct Entry {
        std::string key;
        int line;
        YAML::Node value;
    };
    void add(const YAML::Node& key, const YAML::Node& value);
    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] const Entry* find(std::string_view key, Need need) const;
    [[nodiscard]] std::optional<Text> scalar(const YAML::Node& node, const Entry& entry) const;
    void report_choice(std::string_view key, const Text& given,
                       const std::vector<std::string_view>& words) const;

    Scope scope_;
    int line_;
    std::vector<Entry> entries_;
};

}  // namespace flowtap

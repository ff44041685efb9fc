// SPDX-License-Identifier: Apache-2.0
#include "yaml/map_reader.h"

#include <algorithm>
#include <utility>

namespace flowtap {
namespace {

std::string key_name(std::string_view key) { return "key " + flowtap::quoted(key); }

}  // namespace

MapReader::MapReader(const YAML::Node& node, Scope scope, std::size_t most_keys)
    : scope_(std::move(scope)), line_(line_of(node)) {
    if (!node.IsMap()) {
        scope_.report(line_, "is not a mapping", "write \"key: value\" lines");
        return;
    }
    for (const auto& pair : node) {
        if (entries_.size() == most_keys) {
            scope_.report(line_of(pair.first), "has more than " + std::to_string(most_keys) + " keys",
                          "remove some");
            return;
        }
        add(pair.first, pair.second);
    }
}

void MapReader::add(const YAML::Node& key, const YAML::Node& value) {
    if (!key.IsScalar()) {
        scope_.report(line_of(key), "has a key that is not a word", "write \"key: value\" lines");
        return;
    }
    if (const auto* first = find(key.Scalar())) {
        scope_.report(line_of(key), key_name(key.Scalar()) + " is given twice",
                      "remove one; the first is on line " + std::to_string(first->line));
        return;
    }
    entries_.push_back({key.Scalar(), line_of(key), value});
}

void MapReader::check_keys(const std::vector<Key>& keys) const {
    std::vector<std::string_view> known;
    for (const auto& key : keys) {
        if (key.only_for.empty()) known.push_back(key.name);
    }
    for (const auto& entry : entries_) {
        const auto key = std::find_if(keys.begin(), keys.end(), [&](Key k) { return k.name == entry.key; });
        if (key == keys.end()) {
            scope_.report(entry.line, "unknown " + key_name(entry.key), "known: " + joined(known));
        } else if (!key->only_for.empty()) {
            scope_.report(entry.line, key_name(entry.key) + " is only for " + std::string(key->only_for),
                          "remove it; known here: " + joined(known));
        }
    }
}

const MapReader::Entry* MapReader::find(std::string_view key) const {
    const auto entry =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
    return entry == entries_.end() ? nullptr : &*entry;
}

const MapReader::Entry* MapReader::find(std::string_view key, Need need) const {
    const auto* entry = find(key);
    if (entry == nullptr && need == Need::kRequired) {
        scope_.report(line_, "missing " + key_name(key), "add it");
    }
    return entry;
}

std::optional<Text> MapReader::scalar(const YAML::Node& node, const Entry& entry) const {
    // A null carries no line of its own.
    const int line = node.IsNull() ? entry.line : line_of(node);
    if (node.IsNull() || (node.IsScalar() && node.Scalar().empty())) {
        scope_.report(line, key_name(entry.key) + " has no value", "give one or remove the key");
    } else if (!node.IsScalar()) {
        scope_.report(line, key_name(entry.key) + " has a list or a mapping where a single value is expected",
                      "write a single value");
    } else {
        return Text{node.Scalar(), line};
    }
    return std::nullopt;
}

std::optional<Text> MapReader::text(std::string_view key, Need need) const {
    const auto* entry = find(key, need);
    return entry == nullptr ? std::nullopt : scalar(entry->value, *entry);
}

std::optional<int> MapReader::line_of_key(std::string_view key) const {
    const auto* entry = find(key);
    return entry == nullptr ? std::nullopt : std::optional(entry->line);
}

std::vector<YAML::Node> MapReader::list(std::string_view key, Need need, std::size_t limit) const {
    const auto* entry = find(key, need);
    if (entry == nullptr) return {};
    const auto& value = entry->value;
    if (!value.IsSequence()) {
        scope_.report(entry->line, key_name(key) + " is not a list", "write it as [a, b] or as \"- \" lines");
        return {};
    }
    if (value.size() == 0) scope_.report(entry->line, key_name(key) + " is an empty list", "add an item");
    if (value.size() > limit) {
        scope_.report(entry->line, key_name(key) + " has " + std::to_string(value.size()) + " items",
                      "at most " + std::to_string(limit));
        return {};
    }
    return {value.begin(), value.end()};
}

std::vector<Text> MapReader::texts(std::string_view key, Need need, std::size_t limit) const {
    std::vector<Text> result;
    for (const auto& node : list(key, need, limit)) {
        if (auto item = scalar(node, *find(key))) result.push_back(std::move(*item));
    }
    return result;
}

std::vector<Text> MapReader::one_or_more(std::string_view key, std::size_t limit) const {
    const auto* entry = find(key);
    if (entry == nullptr) return {};
    if (entry->value.IsSequence()) return texts(key, Need::kOptional, limit);
    const auto single = scalar(entry->value, *entry);
    if (!single) return {};
    return {*single};
}

std::vector<std::pair<Text, Text>> MapReader::words(std::string_view key, std::size_t limit) const {
    const auto* entry = find(key);
    if (entry == nullptr) return {};
    if (!entry->value.IsMap() || entry->value.size() == 0 || entry->value.size() > limit) {
        scope_.report(entry->line, key_name(key) + " is not a mapping of words to words",
                      "write one to " + std::to_string(limit) + " \"word: word\" lines");
        return {};
    }
    const MapReader inner(entry->value, scope_);
    std::vector<std::pair<Text, Text>> pairs;
    for (const Entry& one : inner.entries_) {
        if (auto value = scalar(one.value, one))
            pairs.emplace_back(Text{one.key, one.line}, *std::move(value));
    }
    return pairs;
}

std::optional<MapReader> MapReader::mapping(std::string_view key) const {
    const auto* entry = find(key);
    if (entry == nullptr) return std::nullopt;
    if (entry->value.IsMap())
        return MapReader(entry->value, {scope_.problems, scope_.where + std::string(key) + ": "});
    scope_.report(entry->line, key_name(key) + " is not a mapping", "write \"key: value\" lines below it");
    return std::nullopt;
}

bool MapReader::has_mapping(std::string_view key) const {
    const auto* entry = find(key);
    return entry != nullptr && entry->value.IsMap();
}

void MapReader::report_choice(std::string_view key, const Text& given,
                              const std::vector<std::string_view>& words) const {
    scope_.report(given.line, key_name(key) + ": unknown value " + flowtap::quoted(given.value),
                  "known: " + joined(words));
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// The part of ObjectReader that reads dicts (Objects/dictobject.c, Include/internal/pycore_dict.h).
#include <cstring>

#include "python/objects/object_flags.h"
#include "python/objects/object_reader.h"

namespace flowtap {

namespace {

constexpr unsigned kKeysGeneral = 0;      // DICT_KEYS_GENERAL: {hash, key, value}
constexpr unsigned kKeysSplit = 2;        // DICT_KEYS_SPLIT; 1 is DICT_KEYS_UNICODE: {key, value} both
constexpr unsigned kMaxLog2Indices = 24;  // bytes: enough for kMaxDictEntries at 8 bytes each
constexpr int kReadAttempts = 4;          // a dict that changed while it was read is read again

}  // namespace

struct ObjectReader::Keys {
    std::uint64_t entries = 0;  // address of the first
    std::uint64_t count = 0;    // dk_nentries, deleted ones included
    bool general = false;
};

std::optional<ObjectReader::Keys> ObjectReader::read_keys(std::uint64_t keys) const {
    const auto log2_index_bytes = memory_.read<std::uint8_t>(keys + layout_.bpf.keys_log2_index_bytes);
    const auto kind = memory_.read<std::uint8_t>(keys + layout_.bpf.keys_kind);
    const auto count = memory_.read<std::uint64_t>(keys + layout_.bpf.keys_count);
    if (!log2_index_bytes || !kind || !count) return std::nullopt;
    if (*log2_index_bytes > kMaxLog2Indices || *kind > kKeysSplit || *count > kMaxDictEntries)
        return std::nullopt;
    return Keys{keys + layout_.bpf.keys_indices + (1ULL << *log2_index_bytes), *count, *kind == kKeysGeneral};
}

// All entries in order, including empty ones (null key), so that an entry's index is also that of its split
// value.
std::optional<std::vector<DictEntry>> ObjectReader::key_entries(const Keys& keys) const {
    const std::size_t words = keys.general ? 3 : 2;
    std::vector<std::uint64_t> raw(keys.count * words);
    if (!memory_.read(keys.entries, std::as_writable_bytes(std::span(raw)))) return std::nullopt;
    std::vector<DictEntry> entries(keys.count);
    for (std::size_t i = 0; i < keys.count; ++i) {
        entries[i] = {raw[i * words + words - 2], raw[i * words + words - 1]};
    }
    return entries;
}

bool ObjectReader::fill_split_values(std::uint64_t values, std::vector<DictEntry>& entries) const {
    std::vector<std::uint64_t> raw(entries.size());
    if (!memory_.read(values + layout_.bpf.split_values, std::as_writable_bytes(std::span(raw))))
        return false;
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].value = raw[i];
    return true;
}

std::optional<std::vector<DictEntry>> ObjectReader::dict_entries_once(std::uint64_t dict,
                                                                      std::uint64_t keys) const {
    const auto values = pointer(dict + layout_.bpf.dict_values);
    const auto header = read_keys(keys);
    if (!values || !header) return std::nullopt;
    auto entries = key_entries(*header);
    if (!entries || (*values != 0 && !fill_split_values(*values, *entries))) return std::nullopt;
    std::erase_if(*entries, [](const DictEntry& entry) { return entry.key == 0 || entry.value == 0; });
    return entries;
}

std::optional<std::vector<DictEntry>> ObjectReader::dict_entries(std::uint64_t dict) const {
    if (!has_type_flag(dict, kTypeDictSubclass)) return std::nullopt;
    for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
        const auto keys = pointer(dict + layout_.bpf.dict_keys);
        if (!keys) return std::nullopt;
        auto entries = dict_entries_once(dict, *keys);
        if (pointer(dict + layout_.bpf.dict_keys) == keys) return entries;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> ObjectReader::dict_value(std::uint64_t dict, std::string_view key) const {
    const auto entries = dict_entries(dict);
    if (!entries) return std::nullopt;
    for (const DictEntry& entry : *entries) {
        if (text_equals(entry.key, key)) return entry.value;
    }
    return std::nullopt;
}

// A class keeps the keys of its instances separate from their values: an instance's i-th value belongs to the
// i-th key.
std::optional<std::uint64_t> ObjectReader::shared_key_index(std::uint64_t type, std::string_view name) const {
    const auto keys = pointer(type + layout_.bpf.type_cached_keys);
    const auto header = keys && *keys != 0 ? read_keys(*keys) : std::nullopt;
    const auto entries = header ? key_entries(*header) : std::nullopt;
    if (!entries) return std::nullopt;
    for (std::size_t i = 0; i < entries->size(); ++i) {
        if ((*entries)[i].key != 0 && text_equals((*entries)[i].key, name)) return i;
    }
    return std::nullopt;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/memory.h"
#include "python/layout.h"

namespace flowtap {

struct DictEntry {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
};

// Reads CPython objects of a running process. Does not trust the target: every count is bounded, and anything
// that cannot be read, or does not look as expected, is nullopt. Addresses are those of objects in the
// target.
class ObjectReader {
public:
    static constexpr std::size_t kMaxTextLength = 4096;  // of a str, in code points
    static constexpr std::size_t kMaxTypeName = 512;
    static constexpr std::size_t kMaxTupleItems = 65536;
    static constexpr std::size_t kMaxDictEntries = 1 << 20;  // used and deleted entries

    // Both must outlive the reader.
    ObjectReader(const Memory& memory, const PythonLayout& layout) : memory_(memory), layout_(layout) {}

    [[nodiscard]] std::optional<std::uint64_t> type_of(std::uint64_t object) const;
    [[nodiscard]] std::optional<std::string> type_name(
        std::uint64_t type) const;  // tp_name: no module for heap types
    [[nodiscard]] std::optional<std::uint64_t> type_flags(std::uint64_t type) const;
    [[nodiscard]] bool is_type(std::uint64_t object) const;
    [[nodiscard]] std::optional<std::vector<std::uint64_t>> tuple_items(std::uint64_t tuple) const;

    // A str of any kind as UTF-8 (lone surrogates become U+FFFD).
    [[nodiscard]] std::optional<std::string> text(std::uint64_t str) const;

    // Cheaper than text() if most strings differ from the wanted one.
    [[nodiscard]] bool text_equals(std::uint64_t str, std::string_view wanted) const;

    [[nodiscard]] std::optional<std::vector<DictEntry>> dict_entries(std::uint64_t dict) const;
    // The value for a str key. nullopt also if the dict cannot be read.
    [[nodiscard]] std::optional<std::uint64_t> dict_value(std::uint64_t dict, std::string_view key) const;

    // Searches the type's own dict, then its bases' in method resolution order.
    [[nodiscard]] std::optional<std::uint64_t> own_type_attribute(std::uint64_t type,
                                                                  std::string_view name) const;
    [[nodiscard]] std::optional<std::uint64_t> type_attribute(std::uint64_t type,
                                                              std::string_view name) const;

    // The instance's __dict__, if it exists as an object (as for modules).
    [[nodiscard]] std::optional<std::uint64_t> instance_dict(std::uint64_t object) const;
    // Searches only the instance's storage, in whatever form its version has; no descriptors, no class
    // attributes.
    [[nodiscard]] std::optional<std::uint64_t> instance_attribute(std::uint64_t object,
                                                                  std::string_view name) const;

private:
    struct StrHeader;
    struct Keys;

    [[nodiscard]] bool has_type_flag(std::uint64_t object, std::uint64_t flag) const;
    [[nodiscard]] std::optional<std::uint64_t> pointer(std::uint64_t address) const;

    [[nodiscard]] std::optional<StrHeader> str_header(std::uint64_t str) const;

    [[nodiscard]] std::optional<Keys> read_keys(std::uint64_t keys) const;
    [[nodiscard]] std::optional<std::vector<DictEntry>> key_entries(const Keys& keys) const;
    [[nodiscard]] bool fill_split_values(std::uint64_t values, std::vector<DictEntry>& entries) const;
    [[nodiscard]] std::optional<std::vector<DictEntry>> dict_entries_once(std::uint64_t dict,
                                                                          std::uint64_t keys) const;

    [[nodiscard]] std::optional<std::uint64_t> shared_key_index(std::uint64_t type,
                                                                std::string_view name) const;
    [[nodiscard]] std::optional<std::uint64_t> inline_values(std::uint64_t object, std::uint64_t type) const;

    const Memory& memory_;
    const PythonLayout& layout_;
};

}  // namespace flowtap

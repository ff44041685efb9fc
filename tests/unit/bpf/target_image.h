// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "python/versions/python_version.h"
#include "python/versions/supported.h"
#include "readers.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap {

// A process's memory with Python objects made by hand: well-formed until a test spoils one. Blocks are apart,
// so that whatever lies behind one cannot be read.
class TargetImage {
public:
    using Entries = std::vector<std::pair<std::string, std::uint64_t>>;
    enum class Table { kUnicode, kGeneral };

    explicit TargetImage(unsigned minor) : py(layout_of_minor(minor)->bpf) {
        str_type = type(FT_TYPE_STR_SUBCLASS);
        int_type = type(FT_TYPE_INT_SUBCLASS);
        py.cell_type = type(0);
        py.none = object(type(0));
    }

    // Zeroes, with as much before the address as a managed dict needs.
    std::uint64_t block(std::size_t size) {
        const std::uint64_t address = next_;
        next_ += 0x100000;
        memory.map(address - FT_MANAGED_VALUES_OFFSET, size + FT_MANAGED_VALUES_OFFSET);
        return address;
    }
    std::uint64_t type(std::uint64_t flags) {
        const std::uint64_t address = block(1024);
        memory.put<std::uint64_t>(address + py.type_flags, flags);
        memory.put<std::uint64_t>(address + py.type_basicsize, kBasicSize);
        return address;
    }
    std::uint64_t object(std::uint64_t type, std::size_t size = kBasicSize) {
        const std::uint64_t address = block(size);
        memory.put(address + FT_OBJECT_TYPE, type);
        return address;
    }
    std::uint64_t str(std::string_view ascii) {
        const std::uint64_t address = object(str_type, py.str_ascii_data + ascii.size());
        memory.put<std::uint64_t>(address + py.str_length, ascii.size());
        memory.put<std::uint32_t>(address + py.str_state, 1U << 2 | kCompact | kAscii);
        memory.put_bytes(address + py.str_ascii_data, ascii.data(), ascii.size());
        return address;
    }
    // Of `kind` bytes a code point.
    std::uint64_t wide_str(std::uint32_t kind, std::string_view bytes) {
        const std::uint64_t address = object(str_type, py.str_compact_data + bytes.size());
        memory.put<std::uint64_t>(address + py.str_length, bytes.size() / kind);
        memory.put<std::uint32_t>(address + py.str_state, kind << 2 | kCompact);
        memory.put_bytes(address + py.str_compact_data, bytes.data(), bytes.size());
        return address;
    }
    std::uint64_t c_string(std::string_view text) {
        const std::uint64_t address = block(text.size() + 1);
        memory.put_bytes(address, text.data(), text.size());
        return address;
    }
    // `tag` as the version writes it; digits of 30 bits.
    std::uint64_t integer(std::int64_t tag, const std::vector<std::uint32_t>& digits) {
        const std::uint64_t address = object(int_type, py.int_digits + 4 * digits.size());
        memory.put(address + py.int_tag, tag);
        for (std::size_t i = 0; i < digits.size(); i++)
            memory.put(address + py.int_digits + 4 * i, digits[i]);
        return address;
    }
    // A keys table; the values in it are those of a combined dict.
    std::uint64_t keys(const Entries& entries, Table table, unsigned log2_index_bytes = 7) {
        const std::uint64_t general = table == Table::kGeneral ? 1 : 0;
        const std::uint64_t stride = 16 + 8 * general;
        const std::uint64_t first = py.keys_indices + (1ULL << log2_index_bytes);
        const std::uint64_t address = block(first + stride * entries.size());
        memory.put<std::uint8_t>(address + py.keys_log2_index_bytes,
                                 static_cast<std::uint8_t>(log2_index_bytes));
        memory.put<std::uint8_t>(address + py.keys_kind, table == Table::kGeneral ? FT_KEYS_GENERAL : 1);
        memory.put<std::uint64_t>(address + py.keys_count, entries.size());
        for (std::size_t i = 0; i < entries.size(); i++) {
            const std::uint64_t entry = address + first + stride * i + 8 * general;
            memory.put(entry, str(entries[i].first));
            memory.put(entry + 8, entries[i].second);
        }
        return address;
    }
    std::uint64_t dict(std::uint64_t keys, std::uint64_t values = 0) {
        const std::uint64_t address = block(py.dict_values + 8);
        memory.put(address + py.dict_keys, keys);
        memory.put(address + py.dict_values, values);
        return address;
    }
    std::uint64_t values(const Entries& entries) {
        const std::uint64_t address = block(py.split_values + 8 * entries.size());
        put_values(address, entries);
        return address;
    }
    void put_values(std::uint64_t address, const Entries& entries) {
        for (std::size_t i = 0; i < entries.size(); i++)
            memory.put(address + py.split_values + 8 * i, entries[i].second);
    }
    void put_managed_dict(std::uint64_t object, std::uint64_t value) {
        memory.put(object - FT_MANAGED_DICT_OFFSET, value);
    }

    static constexpr std::uint32_t kCompact = 1U << 5;
    static constexpr std::uint32_t kAscii = 1U << 6;
    static constexpr std::size_t kBasicSize = 48;

    ft_python py;
    FakeMemory memory;
    std::uint64_t str_type = 0;
    std::uint64_t int_type = 0;

private:
    std::uint64_t next_ = 0x10000000;
    MemoryInUse in_use_{memory};
};

inline ft_name name_of(std::string_view text) {
    ft_name name = {};
    text.copy(name.text, FT_NAME_SIZE - 1);
    name.length = static_cast<__u32>(text.size());
    return name;
}

// For INSTANTIATE_TEST_SUITE_P: the minor versions there is a layout of.
inline std::vector<unsigned> all_minors() {
    std::vector<unsigned> minors;
    for (unsigned minor = kOldestPythonMinor; minor <= kNewestPythonMinor; minor++) minors.push_back(minor);
    return minors;
}

}  // namespace flowtap

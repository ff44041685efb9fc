// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "python/objects/object_flags.h"
#include "python/objects/object_reader.h"
#include "python/versions/python_version.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap {

// Objects of CPython 3.12 made by hand: well-formed until a test spoils one.
class FakeObjects {
public:
    static constexpr std::uint64_t kStrType = 0x10000;
    static constexpr std::uint64_t kTupleType = 0x11000;
    static constexpr std::uint64_t kDictType = 0x12000;
    static constexpr std::uint64_t kPlainType = 0x13000;  // its instances have a managed dict or values

    FakeObjects() : layout(*layout_of_minor(12)) {
        add_type(kStrType, kTypeStrSubclass);
        add_type(kTupleType, kTypeTupleSubclass);
        add_type(kDictType, kTypeDictSubclass);
        add_type(kPlainType, kTypeManagedDict | kTypeHeapType);
    }

    std::uint64_t add(std::uint64_t type, std::size_t size) {
        const std::uint64_t address = next_;
        next_ += (size + 0xfff) & ~0xfffULL;
        memory.map(address, size);
        memory.put(address + layout.object_type, type);
        return address;
    }
    std::uint64_t add_str(const std::string& ascii) {
        const std::uint64_t str = add(kStrType, layout.bpf.str_ascii_data + ascii.size());
        memory.put<std::uint64_t>(str + layout.bpf.str_length, ascii.size());
        memory.put<std::uint32_t>(str + layout.bpf.str_state, 1U << 2 | 1U << 5 | 1U << 6);
        memory.put_bytes(str + layout.bpf.str_ascii_data, ascii.data(), ascii.size());
        return str;
    }
    // Keys of str with one entry, in a table of 8 one-byte indices.
    std::uint64_t add_keys(std::uint64_t key, std::uint64_t value) {
        const std::uint64_t keys = add(0, layout.bpf.keys_indices + 8 + 16);
        memory.put<std::uint8_t>(keys + layout.bpf.keys_log2_index_bytes, 3);
        memory.put<std::uint8_t>(keys + layout.bpf.keys_kind, 1);
        memory.put<std::uint64_t>(keys + layout.bpf.keys_count, 1);
        memory.put(keys + layout.bpf.keys_indices + 8, key);
        memory.put(keys + layout.bpf.keys_indices + 16, value);
        return keys;
    }
    std::uint64_t add_dict(std::uint64_t keys) {
        const std::uint64_t dict = add(kDictType, 48);
        memory.put(dict + layout.bpf.dict_keys, keys);
        return dict;
    }

    FakeMemory memory;
    PythonLayout layout;

private:
    void add_type(std::uint64_t address, std::uint64_t flags) {
        memory.map(address, 0x400);
        memory.put(address + layout.bpf.type_flags, flags);
    }

    std::uint64_t next_ = 0x100000;
};

}  // namespace flowtap

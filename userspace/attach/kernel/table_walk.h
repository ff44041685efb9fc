// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flowtap {

// Visits the entries of a kernel hash table, many with each system call (Linux 5.6), bucket by bucket. An
// entry that exists throughout the walk is visited once even if others are added or removed, which a walk by
// next key does not guarantee. Enlarges the batch up to `most` entries if a bucket does not fit.
template <typename Key, typename Value, typename Visit>
void for_each_entry(int table, std::size_t most, Visit visit) {
    static_assert(sizeof(Value) % 8 == 0, "the kernel rounds up");
    std::vector<Key> keys(256);
    std::vector<Value> values(keys.size());
    std::uint32_t bucket = 0;
    void* from = nullptr;
    while (true) {
        auto count = static_cast<std::uint32_t>(keys.size());
        const int result =
            bpf_map_lookup_batch(table, from, &bucket, keys.data(), values.data(), &count, nullptr);
        const int error = result == 0 ? 0 : errno;
        if (error == ENOSPC && keys.size() < most) {
            keys.resize(2 * keys.size());
            values.resize(keys.size());
            continue;
        }
        // The last batch comes with ENOENT.
        if (error != 0 && error != ENOENT) return;
        for (std::uint32_t i = 0; i < count; i++) visit(keys[i], values[i]);
        if (error == ENOENT) return;
        from = &bucket;
    }
}

// Deletes the entries with unwanted keys.
template <typename Key, typename Value, typename Unwanted>
void erase_keys(int table, std::size_t most, Unwanted unwanted) {
    std::vector<Key> keys;
    for_each_entry<Key, Value>(table, most, [&](const Key& key, const Value&) {
        if (unwanted(key)) keys.push_back(key);
    });
    for (const Key& key : keys) bpf_map_delete_elem(table, &key);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flowtap {

// Visits the entries of a hash table of the kernel, many with each system call (Linux 5.6), by buckets: an
// entry that stays is met once, whatever comes and goes meanwhile, which a walk from key to key does not
// promise. A bucket that does not fit the batch makes it larger, up to `most` entries.
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
        // The last ones come with ENOENT.
        if (error != 0 && error != ENOENT) return;
        for (std::uint32_t i = 0; i < count; i++) visit(keys[i], values[i]);
        if (error == ENOENT) return;
        from = &bucket;
    }
}

// Deletes the entries whose keys are unwanted.
template <typename Key, typename Value, typename Unwanted>
void erase_keys(int table, std::size_t most, Unwanted unwanted) {
    std::vector<Key> keys;
    for_each_entry<Key, Value>(table, most, [&](const Key& key, const Value&) {
        if (unwanted(key)) keys.push_back(key);
    });
    for (const Key& key : keys) bpf_map_delete_elem(table, &key);
}

}  // namespace flowtap

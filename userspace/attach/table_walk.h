// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace flowtap {

// The keys of a hash table of the kernel, many with each system call (Linux 5.6). Unlike a walk from key to
// key it does not begin anew where a key is deleted meanwhile.
template <typename Key, typename Value>
std::vector<Key> keys_of(int table) {
    static_assert(sizeof(Value) % 8 == 0, "the kernel rounds up");
    constexpr std::uint32_t kMost = 4096;
    std::vector<Key> keys;
    std::vector<Key> some(kMost);
    std::vector<Value> values(kMost);
    std::uint32_t place = 0;
    for (bool is_first = true, more = true; more; is_first = false) {
        std::uint32_t count = kMost;
        std::uint32_t next = 0;
        const int error = bpf_map_lookup_batch(table, is_first ? nullptr : &place, &next, some.data(),
                                               values.data(), &count, nullptr);
        // The last ones come with ENOENT.
        more = error == 0;
        if (error != 0 && errno != ENOENT) break;
        keys.insert(keys.end(), some.begin(), some.begin() + count);
        place = next;
    }
    return keys;
}

// Deletes the entries whose keys are unwanted.
template <typename Key, typename Value, typename Unwanted>
void erase_keys(int table, Unwanted unwanted) {
    for (const Key& key : keys_of<Key, Value>(table))
        if (unwanted(key)) bpf_map_delete_elem(table, &key);
}

}  // namespace flowtap

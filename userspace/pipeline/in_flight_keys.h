// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

namespace flowtap {

// Keys of coroutines whose begin was not seen. Each is reported once, however often the coroutine resumes.
class InFlightKeys {
public:
    // At the limit, no new key is added, and so none is reported.
    explicit InFlightKeys(std::size_t limit) : limit_(limit) {}

    // Returns true if the key is new.
    bool add(std::uint32_t tgid, std::uint64_t key);
    // Returns true if the key was there.
    bool remove(std::uint32_t tgid, std::uint64_t key);
    void remove_process(std::uint32_t tgid);
    // Whether the process has any; also true if that is unknown.
    [[nodiscard]] bool any(std::uint32_t tgid) const { return size_ >= limit_ || keys_.contains(tgid); }

private:
    std::unordered_map<std::uint32_t, std::unordered_set<std::uint64_t>> keys_;  // no set is empty
    std::size_t size_ = 0;
    std::size_t limit_;
};

}  // namespace flowtap

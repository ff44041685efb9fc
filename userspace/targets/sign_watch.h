// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "process/memory.h"
#include "python/unchanged_words.h"

namespace flowtap {

// Decides when to plan a process again because a class got its first object or a new subclass: immediately at
// first, and with growing pauses while changes are frequent, so that a burst is handled in one pass.
class SignWatch {
public:
    static constexpr std::uint64_t kShortest = 50'000'000;  // ns, as all here
    static constexpr std::uint64_t kLongest = 15'000'000'000;
    // Between two readings, for each word of each process. Reading a word takes about 0.7 us, so all readings
    // together take at most half a percent of a CPU.
    static constexpr std::uint64_t kPerWord = 150'000;

    // processes: how many share the budget for readings.
    bool due(const UnchangedWords& signs, const Memory& memory, std::size_t processes, std::uint64_t now_ns);

private:
    std::uint64_t next_read_ns_ = 0;
    std::uint64_t due_ns_ = 0;  // last
    std::uint64_t pause_ = kShortest;
};

}  // namespace flowtap

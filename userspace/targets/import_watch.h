// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "process/memory.h"
#include "python/module_count.h"

namespace flowtap {

// Decides when to plan a Python process again, which costs much more than reading its number of modules: when
// an import has finished, once a second during one, and at long intervals for classes defined meanwhile.
// Reads the number ten times a second, or less often if many idle processes are watched.
class ImportWatch {
public:
    static constexpr std::uint64_t kQuick = 100'000'000;  // all in ns
    static constexpr std::uint64_t kSlow = 1'000'000'000;
    static constexpr std::uint64_t kQuickFor = 5'000'000'000;
    static constexpr std::uint64_t kLongest = 15'000'000'000;
    // Between two readings of an idle process, for each watched process. A reading takes about 3 us (four
    // words of memory), so all readings together take half a percent of a CPU, or 3 us a second for each
    // process if that is more.
    static constexpr std::uint64_t kPerProcess = 600'000;

    // True at most once per change. The first call reports a change: the plan may be older than the count.
    // processes: how many are watched in this way.
    bool due(const ModuleCount& modules, const Memory& memory, std::size_t processes, std::uint64_t now_ns);

    // Whether the last due() was only because the plan was old.
    [[nodiscard]] bool was_routine() const { return routine_; }

    // Whether the number was the same when the process was planned.
    [[nodiscard]] bool has_seen(std::uint64_t count) const { return !changed_ && count == count_; }

private:
    [[nodiscard]] bool rested(std::uint64_t count, std::uint64_t now_ns);

    std::uint64_t count_ = 0;
    std::uint64_t next_read_ns_ = 0;
    std::uint64_t next_due_ns_ = 0;  // even if the number does not change
    std::uint64_t quick_until_ns_ = 0;
    bool changed_ = false;  // since the last due()
    bool routine_ = false;
};

}  // namespace flowtap

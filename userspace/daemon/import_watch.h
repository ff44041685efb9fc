// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Tells when a Python process should be planned again, since planning reads a lot of it: when its count of
// modules changed (an import), and at long intervals for classes defined meanwhile.
class ImportWatch {
public:
    static constexpr std::chrono::nanoseconds kInterval = std::chrono::seconds(15);

    // True at most once per change. The first call only learns the state.
    bool due(const Plan& plan, const Memory& memory, std::uint64_t now_ns) {
        const std::uint64_t count = module_count(plan, memory);
        const bool first = next_ns_ == 0;
        const bool changed = count != count_ || now_ns >= next_ns_;
        if (first || changed) next_ns_ = now_ns + static_cast<std::uint64_t>(kInterval.count());
        count_ = count;
        return changed && !first;
    }

private:
    static std::uint64_t module_count(const Plan& plan, const Memory& memory) {
        const auto modules = memory.read<std::uint64_t>(plan.modules_pointer);
        if (!modules) return 0;
        return memory.read<std::uint64_t>(*modules + plan.modules_count_offset).value_or(0);
    }

    std::uint64_t count_ = 0;
    std::uint64_t next_ns_ = 0;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "plan/plan.h"
#include "process/process_facts.h"

namespace flowtap {

// Decides when to plan a native process again: when executable files were mapped or unmapped. Reading the
// list of mappings blocks the process's own mmap calls. So it is read only after the kernel's count of
// executable pages changed, and at long intervals, because a library may be replaced by one of the same size.
class MappingWatch {
public:
    static constexpr std::chrono::nanoseconds kInterval = std::chrono::seconds(15);

    // True at most once per change since the plan.
    bool due(const Plan& plan, std::uint32_t pages, std::uint64_t now_ns) {
        if (pages == pages_ && now_ns < next_ns_) return false;
        const bool first = next_ns_ == 0;
        next_ns_ = now_ns + static_cast<std::uint64_t>(kInterval.count());
        pages_ = pages;
        const Result<ProcessFacts> facts = read_process_facts(plan.pid);
        if (!facts) return false;
        std::vector<std::string> code = code_mappings(*facts);
        const bool changed = code != (first ? plan.code_mappings : code_);
        code_ = std::move(code);
        return changed;
    }

private:
    std::uint32_t pages_ = 0;
    std::uint64_t next_ns_ = 0;
    std::vector<std::string> code_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/plan.h"
#include "process/proc_file.h"
#include "process/process_facts.h"

namespace flowtap {

// Tells when a native process should be planned again: when files with code were mapped or unmapped. The
// kernel's count of executable pages is cheap to ask for; its table of mappings, which makes the process wait
// for its own calls of mmap, is read only after that count changed, and at long intervals.
class MappingWatch {
public:
    static constexpr std::chrono::nanoseconds kInterval = std::chrono::seconds(15);

    // True at most once per change since the plan.
    bool due(const Plan& plan, std::uint64_t now_ns) {
        const std::uint64_t pages = code_pages(plan.pid);
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
    static std::uint64_t code_pages(pid_t pid) {
        constexpr std::size_t kMaxStatus = 64 << 10;
        constexpr std::string_view kKey = "\nVmLib:";
        const std::string text = read_proc_file("/proc/" + std::to_string(pid) + "/status", kMaxStatus).text;
        const std::size_t at = text.find(kKey);
        std::uint64_t value = 0;
        if (at == std::string::npos) return value;
        const std::size_t digits = text.find_first_of("0123456789", at + kKey.size());
        if (digits != std::string::npos)
            std::from_chars(text.data() + digits, text.data() + text.size(), value);
        return value;
    }

    std::uint64_t pages_ = 0;
    std::uint64_t next_ns_ = 0;
    std::vector<std::string> code_;
};

}  // namespace flowtap

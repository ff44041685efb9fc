// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "result.h"

namespace flowtap {

// An ECMAScript regular expression. Errors: kUsage, also for one too long to be compiled safely.
Result<std::regex> compile_pattern(const std::string& pattern);

// Which processes to try next, when they are chosen by command line (--match) or all of them (--all). A
// process that did not fit is tried again, after pauses that double up to a minute: it may import its engine
// later.
class Discovery {
public:
    // Errors: kUsage for a pattern that is no regular expression.
    static Result<Discovery> make(const std::vector<std::string>& patterns, bool all);

    // Whether the command line of this process is a wanted one.
    [[nodiscard]] bool wants(pid_t pid, const std::string& proc_root = "/proc") const;
    [[nodiscard]] bool enabled() const { return all_ || !patterns_.empty(); }

    // Processes due to be tried at this moment (CLOCK_MONOTONIC).
    std::vector<pid_t> due(std::uint64_t now_ns, const std::string& proc_root = "/proc");
    // It was attached to: no more tries for this process.
    void settled(pid_t pid);

private:
    struct Candidate {
        std::uint64_t start_ticks = 0;
        std::uint64_t next_ns = 0;
        std::chrono::nanoseconds pause = std::chrono::seconds(1);
        bool wanted = false;
        bool settled = false;
    };

    Candidate& candidate(pid_t pid, std::uint64_t start_ticks, const std::string& proc_root);

    std::vector<std::regex> patterns_;
    bool all_ = false;
    std::map<pid_t, Candidate> candidates_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Checks what the plan of a Python target claims against what happens in it. A function that had not run when
// it was found, has run since, and was not seen by a probe, proves that its point misses executions. If other
// functions of the point are seen, this holds for few: super() may correctly run a method unseen.
class RunClaims {
public:
    static constexpr std::uint64_t kPeriod = 15'000'000'000;  // ns, between two checks

    // The plan is the target's from now on. Functions that have already run prove nothing.
    void set_plan(const Plan& plan, const Memory& memory);

    [[nodiscard]] bool due(std::uint64_t now_ns) const { return now_ns >= next_ns_; }
    // The points ("profile/point") found since the last call, each with a function that ran unseen. seen:
    // whether a probe saw the code at this address run. A function counts at the second check, because the
    // event of an execution may still be on its way.
    std::vector<std::pair<std::string, std::string>> check(
        const Memory& memory, const std::function<bool(std::uint64_t code)>& seen, std::uint64_t now_ns);

    // All points found so far, with the function.
    [[nodiscard]] const std::map<std::string, std::string>& unseen() const { return unseen_; }

private:
    struct Function {
        std::string qualname;
        RunMark mark;
        bool ran = false;    // as of the last check
        bool alone = false;  // proves something even if other functions of its point are seen
    };
    struct PointFunctions {
        std::map<std::uint64_t, Function>
            idle;  // had not run when they were found; by the address of their code
        std::set<std::uint64_t> known;
        bool seen = false;  // any of them
    };

    std::map<std::string, PointFunctions> points_;
    std::map<std::string, std::string> unseen_;
    std::uint64_t next_ns_ = 0;
};

}  // namespace flowtap

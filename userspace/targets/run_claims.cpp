// SPDX-License-Identifier: Apache-2.0
#include "targets/run_claims.h"

#include <algorithm>

namespace flowtap {
namespace {

// A method in a decorator's or another object's hands, of a class without subclasses: see shared_run_mark()
// of the planner. Where a context variable tells of executions, it may be seen by that.
bool proves_alone(const PlannedPoint& point, const PlannedCode& code) {
    return point.is_observed_by(PointMechanism::kMethodCalls) && code.roles.has(CodeRole::kShared) &&
           code.address == code.function_object;
}

}  // namespace

void RunClaims::set_plan(const Plan& plan, const Memory& memory) {
    std::set<std::uint64_t> planned;
    for (const PlannedCode& code : plan.codes) planned.insert(code.address);
    const auto is_gone = [&](std::uint64_t address) { return !planned.contains(address); };
    for (auto& [name, functions] : points_) {
        std::erase_if(functions.known, is_gone);
        std::erase_if(functions.idle, [&](const auto& one) { return is_gone(one.first); });
    }
    for (const PlannedCode& code : plan.codes) {
        const PlannedPoint& point = plan.points[code.point];
        if (!code.run_mark || !point.is_observed()) continue;
        PointFunctions& functions = points_[point.profile + "/" + point.point.name];
        if (!functions.known.insert(code.address).second || code.run_mark->has_run(memory)) continue;
        functions.idle.emplace(
            code.address,
            Function{.qualname = code.qualname, .mark = *code.run_mark, .alone = proves_alone(point, code)});
    }
}

std::vector<std::pair<std::string, std::string>> RunClaims::check(
    const Memory& memory, const std::function<bool(std::uint64_t code)>& seen, std::uint64_t now_ns) {
    std::vector<std::pair<std::string, std::string>> found;
    next_ns_ = now_ns + kPeriod;
    for (auto& [name, functions] : points_) {
        if (unseen_.contains(name)) continue;
        functions.seen = functions.seen || std::ranges::any_of(functions.known, seen);
        for (auto& [address, function] : functions.idle) {
            if (functions.seen && (!function.alone || seen(address))) continue;
            const bool ran_before = std::exchange(function.ran, function.mark.has_run(memory));
            if (!ran_before || !function.ran) continue;
            unseen_.emplace(name, function.qualname);
            found.emplace_back(name, function.qualname);
            break;
        }
    }
    return found;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "code/values/null_result.h"

#include <set>
#include <tuple>
#include <vector>

#include "code/operation.h"
#include "sites/site_choice.h"

namespace flowtap {
namespace {

// What is known at one instruction on one way.
struct State {
    uint64_t address = 0;
    RegisterSet holders;
    bool tested = false;  // the flags say whether the pointer is NULL
};

// Whether the flags say afterwards if the pointer is NULL.
bool tests(const Operation& operation, RegisterSet holders) {
    const auto tested = tested_register(operation);
    return tested && holders.contains(*tested);
}

std::set<uint64_t> reachable_from(const FunctionCode& function, uint64_t start) {
    std::set<uint64_t> reached;
    std::vector<uint64_t> pending{start};
    while (!pending.empty()) {
        const uint64_t address = pending.back();
        pending.pop_back();
        const FunctionCode::Node* node = function.at(address);
        if (node == nullptr || !reached.insert(address).second) continue;
        pending.insert(pending.end(), node->successors.begin(), node->successors.end());
    }
    return reached;
}

// The first emulated instruction of the NULL way before the other one joins it; or else its first one.
std::optional<Site> own_site(const FunctionCode& function, const JumpWays& ways) {
    constexpr int kFarthest = 16;
    const std::set<uint64_t> shared = reachable_from(function, ways.otherwise);
    std::optional<Site> first;
    uint64_t address = ways.when;
    for (int i = 0; i < kFarthest && !shared.contains(address); i++) {
        const FunctionCode::Node* node = function.at(address);
        if (node == nullptr) break;
        if (is_cheap_site(function, node->instruction))
            return make_site(*node, "first emulated instruction where the result is NULL");
        if (!first && may_hold_site(function, node->instruction))
            first = make_site(*node, "first instruction where the result is NULL; none emulated follows");
        if (node->instruction.is_call() || node->successors.size() != 1) break;
        address = node->successors.front();
    }
    return first;
}

RegisterSet holders_after(RegisterSet holders, const Instruction& instruction) {
    const bool copies = instruction.copy && holders.contains(instruction.copy->from);
    holders = holders - instruction.writes;
    return copies ? holders | RegisterSet(instruction.copy->to) : holders;
}

class NullSearch {
public:
    NullSearch(const CodeSource& source, const FunctionCode& function, const IsChecker& is_checker)
        : source_(source), function_(function), is_checker_(is_checker) {}

    std::optional<NullSites> from(State start) {
        constexpr size_t kMostStates = 4096;
        pending_.push_back(start);
        while (!pending_.empty()) {
            const State state = pending_.back();
            pending_.pop_back();
            if (!seen_.insert({state.address, state.holders.members(), state.tested}).second) continue;
            if (seen_.size() > kMostStates || !step(state)) return std::nullopt;
        }
        return std::move(found_);
    }

private:
    // False where this way cannot be followed to a test.
    bool step(const State& state) {
        const FunctionCode::Node* node = function_.at(state.address);
        if (node == nullptr || state.holders.empty()) return false;
        const Instruction& instruction = node->instruction;
        if (instruction.target && state.holders.contains(arch::kArguments[2]) && is_checker_(instruction))
            return true;
        const std::optional<Operation> operation = decode_operation(source_, state.address);
        if (!operation) return false;
        if (state.tested && instruction.flow == Flow::kConditional)
            return take_test(ways_of_jump(source_, instruction, Operation::Condition::kZero));
        if (node->leaves || (node->successors.empty() && !node->fatal)) return false;
        const bool tested = tests(*operation, state.holders) || (state.tested && !operation->changes_flags);
        const RegisterSet holders = holders_after(state.holders, instruction);
        for (const uint64_t next : node->successors) pending_.push_back({next, holders, tested});
        return true;
    }

    bool take_test(const std::optional<JumpWays>& ways) {
        const std::optional<Site> site = ways ? own_site(function_, *ways) : std::nullopt;
        if (site) found_.emplace(site->address, *site);
        return site.has_value();
    }

    const CodeSource& source_;
    const FunctionCode& function_;
    const IsChecker& is_checker_;
    NullSites found_;
    std::set<std::tuple<uint64_t, std::vector<Register>, bool>> seen_;
    std::vector<State> pending_;
};

}  // namespace

std::optional<NullSites> find_null_sites(const CodeSource& source, const FunctionCode& function,
                                         uint64_t from, RegisterSet holders, const IsChecker& is_checker) {
    return NullSearch(source, function, is_checker).from({from, holders, false});
}

}  // namespace flowtap

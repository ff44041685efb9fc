// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "code/values/held_values.h"
#include "sites/site_choice.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;
using Addresses = std::set<uint64_t>;

class CallSites {
public:
    CallSites(const FunctionCode& function, Addresses calls, Argument0 argument0)
        : function_(function),
          calls_(std::move(calls)),
          argument0_(argument0),
          held_(held_values(function, calls_)) {}

    Result<std::vector<CallReturn>> choose() const {
        for (const Addresses& wished : {cheap_sites(), sites_right_after()}) {
            const Addresses sites = without_doubles(wished);
            if (crossed_exactly_once(sites)) return described(sites);
        }
        return failure(
            argument0_ == Argument0::kNeeded
                ? "no instruction is executed exactly once after each inner call with the function's "
                  "first argument still in a register"
                : "no instruction is executed exactly once after each inner call");
    }

private:
    [[nodiscard]] Error failure(std::string cause) const {
        return no_site(function_, "the sites after inner calls", std::move(cause));
    }

    [[nodiscard]] bool is_usable(const Node& node) const {
        const auto held = held_.find(node.instruction.address);
        return held != held_.end() && held->second.must_follow_call && !held->second.result.empty() &&
               (argument0_ == Argument0::kNotNeeded || !held->second.argument0.empty());
    }

    // Where a way on from a call ends as far as sites go, except by the exit of the process.
    [[nodiscard]] bool ends_way(const Node& node) const {
        return calls_.contains(node.instruction.address) || node.leaves ||
               (node.successors.empty() && !node.fatal);
    }

    // Walks all ways on from after `start`, each up to the first instruction `is_goal` accepts. None if a way
    // ends without one.
    template <typename Goal>
    std::optional<Addresses> first_on_each_way(uint64_t start, Goal is_goal) const {
        Addresses found;
        Addresses seen;
        std::vector<uint64_t> pending = function_.at(start)->successors;
        while (!pending.empty()) {
            const uint64_t address = pending.back();
            pending.pop_back();
            if (!seen.insert(address).second) continue;
            const Node& node = *function_.at(address);
            if (is_goal(node)) {
                found.insert(address);
            } else if (ends_way(node)) {
                return std::nullopt;
            } else {
                pending.insert(pending.end(), node.successors.begin(), node.successors.end());
            }
        }
        return found;
    }

    [[nodiscard]] Addresses cheap_sites() const {
        const auto is_cheap = [this](const Node& node) {
            return is_usable(node) && is_cheap_site(function_, node.instruction);
        };
        Addresses sites;
        for (const uint64_t call : calls_) {
            const auto cheap = first_on_each_way(call, is_cheap);
            if (cheap) {
                sites.insert(cheap->begin(), cheap->end());
            } else {
                sites.insert(function_.at(call)->instruction.next());
            }
        }
        return sites;
    }

    [[nodiscard]] Addresses sites_right_after() const {
        Addresses sites;
        for (const uint64_t call : calls_) sites.insert(function_.at(call)->instruction.next());
        return sites;
    }

    // Drops each site after which every way crosses another one anyway.
    [[nodiscard]] Addresses without_doubles(Addresses sites) const {
        for (auto at = sites.begin(); at != sites.end();) {
            const uint64_t site = *at;
            const auto is_other = [&](const Node& node) {
                return node.instruction.address != site && sites.contains(node.instruction.address);
            };
            const bool is_end = function_.at(site) == nullptr || ends_way(*function_.at(site));
            const auto others = is_end ? std::nullopt : first_on_each_way(site, is_other);
            at = others && !others->empty() ? sites.erase(at) : std::next(at);
        }
        return sites;
    }

    // Follows all ways through the function, remembering at each instruction whether a call that returned has
    // crossed its site yet.
    [[nodiscard]] bool crossed_exactly_once(const Addresses& sites) const {
        enum State : unsigned { kIdle = 1, kWaiting = 2 };
        std::map<uint64_t, unsigned> states;
        std::vector<std::pair<uint64_t, State>> pending{{function_.entry(), kIdle}};
        for (const auto& [address, node] : function_.nodes())
            if (node.landing_pad) pending.emplace_back(address, kIdle);
        while (!pending.empty()) {
            auto [address, state] = pending.back();
            pending.pop_back();
            if ((states[address] & state) != 0) continue;
            states[address] |= state;
            const Node& node = *function_.at(address);
            if (sites.contains(address)) {
                if (state == kIdle || !is_usable(node) || !may_hold_site(function_, node.instruction))
                    return false;
                state = kIdle;
            }
            if (state == kWaiting && ends_way(node)) return false;
            if (calls_.contains(address)) state = kWaiting;
            for (const uint64_t next : node.successors) pending.emplace_back(next, state);
        }
        return true;
    }

    static const char* reason_for(const Node& node) {
        return node.instruction.cost == ProbeCost::kEmulated
                   ? "first emulated instruction after the call with its result in a register"
                   : "first instruction after the call; none emulated follows";
    }

    [[nodiscard]] std::vector<CallReturn> described(const Addresses& sites) const {
        std::vector<CallReturn> all;
        for (const uint64_t address : sites) {
            const HeldValues& held = held_.at(address);
            const Register result =
                held.result.contains(arch::kResult) ? arch::kResult : held.result.members().front();
            const Node& node = *function_.at(address);
            all.push_back({make_site(node, reason_for(node)), result, held.argument0.members()});
        }
        return all;
    }

    const FunctionCode& function_;
    Addresses calls_;
    Argument0 argument0_;
    std::map<uint64_t, HeldValues> held_;
};

}  // namespace

Result<std::vector<CallReturn>> sites_after_calls(const FunctionCode& function,
                                                  const InnerCall& is_inner_call, Argument0 argument0) {
    Addresses calls;
    for (const auto& [address, node] : function.nodes()) {
        if (node.instruction.is_call() && !node.successors.empty() && is_inner_call(node.instruction))
            calls.insert(address);
    }
    if (calls.empty())
        return no_site(function, "the sites after inner calls", "it makes no inner call that returns");
    return CallSites(function, std::move(calls), argument0).choose();
}

}  // namespace flowtap

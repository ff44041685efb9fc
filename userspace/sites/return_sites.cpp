// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <vector>

#include "sites/site_choice.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

// Instructions from which every way on ends the process.
std::set<uint64_t> fatal_instructions(const FunctionCode& function) {
    std::set<uint64_t> fatal;
    const auto is_fatal = [&](const Node& node) {
        if (node.fatal) return true;
        const auto ends = [&](uint64_t next) { return fatal.contains(next); };
        return !node.leaves && !node.successors.empty() &&
               std::all_of(node.successors.begin(), node.successors.end(), ends);
    };
    std::vector<uint64_t> pending;
    for (const auto& [address, node] : function.nodes())
        if (node.fatal) pending.push_back(address);
    while (!pending.empty()) {
        const uint64_t address = pending.back();
        pending.pop_back();
        const Node& node = *function.at(address);
        if (!is_fatal(node) || !fatal.insert(address).second) continue;
        pending.insert(pending.end(), node.predecessors.begin(), node.predecessors.end());
    }
    return fatal;
}

// Finds, for one ret, emulated instructions that stand for it.
class ReturnCover {
public:
    ReturnCover(const FunctionCode& function, const std::set<uint64_t>& fatal, uint64_t ret,
                ReturnValue value)
        : function_(function), fatal_(fatal), ret_(ret), value_(value) {}

    // Empty if there are none.
    std::set<uint64_t> find() {
        collect_final();
        // Entry and return are two events: they never share an instruction.
        for (const Node* node : entry_run(function_)) final_.erase(node->instruction.address);
        constexpr int kMostTries = 16;
        std::set<uint64_t> passed_over;
        for (int i = 0; i < kMostTries; ++i) {
            const std::optional<std::set<uint64_t>> sites = cover(passed_over);
            if (!sites) return {};
            const std::optional<std::set<uint64_t>> second = crossed_second(*sites);
            if (!second) return {};
            if (second->empty()) return *sites;
            passed_over.insert(second->begin(), second->end());
        }
        return {};
    }

private:
    // Final: nothing can follow but this ret (or the end of the process), without a call; and the result
    // register stays as it is, where it is needed. Nor a loop: its jump would be the nearest emulated
    // instruction, and crossed twice.
    void collect_final() {
        std::vector<uint64_t> pending{ret_};
        final_.insert(ret_);
        while (!pending.empty()) {
            const Node& node = *function_.at(pending.back());
            pending.pop_back();
            for (const uint64_t before : node.predecessors) {
                if (is_final(*function_.at(before)) && final_.insert(before).second)
                    pending.push_back(before);
            }
        }
    }

    [[nodiscard]] bool is_final(const Node& node) const {
        // What the kernel refuses to probe includes syscall, which may take its time as a call may.
        if (node.leaves || node.instruction.is_call() || node.instruction.cost == ProbeCost::kRefused)
            return false;
        if (value_ == ReturnValue::kNeeded && node.instruction.writes.contains(arch::kResult)) return false;
        for (const uint64_t next : node.successors)
            if (!final_.contains(next) && !fatal_.contains(next)) return false;
        return true;
    }

    // A site on each way into the ret: going backwards, the nearest emulated instruction but those.
    [[nodiscard]] std::optional<std::set<uint64_t>> cover(const std::set<uint64_t>& passed_over) const {
        std::set<uint64_t> sites;
        std::set<uint64_t> seen;
        std::vector<uint64_t> pending{ret_};
        while (!pending.empty()) {
            const Node& node = *function_.at(pending.back());
            pending.pop_back();
            if (!seen.insert(node.instruction.address).second) continue;
            if (is_cheap_site(function_, node.instruction) &&
                !passed_over.contains(node.instruction.address)) {
                sites.insert(node.instruction.address);
                continue;
            }
            if (node.landing_pad || node.predecessors.empty()) return std::nullopt;
            for (const uint64_t before : node.predecessors) {
                if (!final_.contains(before)) return std::nullopt;
                pending.push_back(before);
            }
        }
        return sites;
    }

    // Those that some way crosses after another one of them. None where a way leads back to a site: a loop.
    [[nodiscard]] std::optional<std::set<uint64_t>> crossed_second(const std::set<uint64_t>& sites) const {
        std::set<uint64_t> second;
        for (const uint64_t site : sites) {
            const std::set<uint64_t> behind = reached_from(site);
            if (behind.contains(site)) return std::nullopt;
            std::ranges::set_intersection(sites, behind, std::inserter(second, second.end()));
        }
        return second;
    }

    [[nodiscard]] std::set<uint64_t> reached_from(uint64_t site) const {
        std::vector<uint64_t> pending = function_.at(site)->successors;
        std::set<uint64_t> seen;
        while (!pending.empty()) {
            const uint64_t address = pending.back();
            pending.pop_back();
            if (fatal_.contains(address) || !seen.insert(address).second) continue;
            for (const uint64_t next : function_.at(address)->successors) pending.push_back(next);
        }
        return seen;
    }

    const FunctionCode& function_;
    const std::set<uint64_t>& fatal_;
    uint64_t ret_;
    ReturnValue value_;
    std::set<uint64_t> final_;
};

}  // namespace

Result<ExitSites> return_sites(const FunctionCode& function, ReturnValue value) {
    ExitSites exits;
    exits.tail_calls = function.tail_calls();
    exits.unresolved_jumps = function.unresolved_jumps();
    const std::set<uint64_t> fatal = fatal_instructions(function);
    // Code behind an unresolved jump might reach a ret on a way unseen here, past a site put before it.
    const bool sees_all = exits.unresolved_jumps.empty();
    for (const auto& [address, node] : function.nodes()) {
        if (node.instruction.flow != Flow::kReturn) continue;
        const std::set<uint64_t> cheap =
            sees_all ? ReturnCover(function, fatal, address, value).find() : std::set<uint64_t>();
        for (const uint64_t site : cheap)
            exits.sites.push_back(make_site(*function.at(site), "nothing but the return follows"));
        if (!cheap.empty()) continue;
        if (!may_hold_site(function, node.instruction))
            return no_site(function, "the return sites", "the kernel refuses a probe on its ret");
        exits.sites.push_back(make_site(node, "the ret"));
    }
    if (exits.sites.empty() && exits.tail_calls.empty() && sees_all)
        return no_site(function, "the return sites", "it never returns");
    return exits;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "code/function/all_returns.h"

#include <map>

#include "code/function/function_code.h"

namespace flowtap {
namespace {

constexpr int kMostTailCalls = 2;  // one after the other

bool add_returns(const CodeSource& source, std::uint64_t function, int tail_calls_left,
                 std::map<std::uint64_t, Site>& sites) {
    const Result<FunctionCode> code = FunctionCode::trace(source, function);
    if (!code) return false;
    const Result<ExitSites> exits = return_sites(*code);
    if (!exits || !exits->unresolved_jumps.empty()) return false;
    for (const Site& site : exits->sites) {
        if (!site.stack_adjust) return false;
        sites.emplace(site.address, site);
    }
    for (const TailCall& tail : exits->tail_calls) {
        if (tail_calls_left == 0 || !tail.target) return false;
        if (!add_returns(source, *tail.target, tail_calls_left - 1, sites)) return false;
    }
    return true;
}

}  // namespace

std::optional<std::vector<Site>> all_returns(const CodeSource& source, std::uint64_t function) {
    std::map<std::uint64_t, Site> sites;
    if (!add_returns(source, function, kMostTailCalls, sites)) return std::nullopt;
    std::vector<Site> found;
    found.reserve(sites.size());
    for (auto& [address, site] : sites) found.push_back(std::move(site));
    return found;
}

}  // namespace flowtap

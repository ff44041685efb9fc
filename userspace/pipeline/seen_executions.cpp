// SPDX-License-Identifier: Apache-2.0
#include "pipeline/seen_executions.h"

#include <variant>

namespace flowtap {
namespace {

template <typename T>
void add_key(const Outcome& outcome, std::uint32_t tgid, std::set<std::uint64_t>& keys) {
    const auto* told = std::get_if<T>(&outcome);
    if (told != nullptr && told->tgid == tgid) keys.insert(told->key);
}

}  // namespace

std::set<std::uint64_t> seen_executions(std::span<const Outcome> outcomes, std::uint32_t tgid) {
    std::set<std::uint64_t> keys;
    for (const Outcome& outcome : outcomes) {
        add_key<Started>(outcome, tgid, keys);
        add_key<Ended>(outcome, tgid, keys);
    }
    return keys;
}

}  // namespace flowtap

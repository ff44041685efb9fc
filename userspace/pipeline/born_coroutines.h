// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "bpf/event.h"

namespace flowtap {

// Coroutines that exist and have not been seen to run, up to a limit; what comes later is not kept.
class BornCoroutines {
public:
    explicit BornCoroutines(std::size_t limit) : limit_(limit) {}

    // Replaces one of the same process and key.
    void put(const ft_begin& begin) {
        const bool known = contains(begin.header.tgid, begin.header.key);
        if (known || born_.size() < limit_)
            born_.insert_or_assign({begin.header.tgid, begin.header.key}, begin);
    }

    // Removes and returns it, if there is one.
    std::optional<ft_begin> take(std::uint32_t tgid, std::uint64_t key) {
        auto node = born_.extract({tgid, key});
        if (node.empty()) return std::nullopt;
        return node.mapped();
    }

    [[nodiscard]] bool any(std::uint32_t tgid) const {
        const auto first = born_.lower_bound({tgid, 0});
        return first != born_.end() && first->first.first == tgid;
    }
    [[nodiscard]] bool contains(std::uint32_t tgid, std::uint64_t key) const {
        return born_.contains({tgid, key});
    }

    void forget_process(std::uint32_t tgid) {
        born_.erase(born_.lower_bound({tgid, 0}), born_.lower_bound({tgid + 1ULL, 0}));
    }

    [[nodiscard]] std::size_t size() const { return born_.size(); }

private:
    std::map<std::pair<std::uint64_t, std::uint64_t>, ft_begin> born_;  // by tgid and key
    std::size_t limit_;
};

}  // namespace flowtap

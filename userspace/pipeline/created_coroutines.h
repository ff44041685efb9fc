// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "bpf/event.h"

namespace flowtap {

// Coroutines that exist and were not seen to run, up to a limit; further ones are not kept.
class CreatedCoroutines {
public:
    explicit CreatedCoroutines(std::size_t limit) : limit_(limit) {}

    // Replaces one of the same process and key.
    void put(const ft_begin& begin, bool is_workflow) {
        take(begin.header.tgid, begin.header.key);
        if (created_.size() >= limit_) return;
        created_.insert_or_assign({begin.header.tgid, begin.header.key}, Created{begin, is_workflow});
        if (is_workflow) ++workflows_[begin.header.tgid];
    }

    // Removes and returns the coroutine, if it is known.
    std::optional<ft_begin> take(std::uint32_t tgid, std::uint64_t key) {
        auto node = created_.extract({tgid, key});
        if (node.empty()) return std::nullopt;
        if (node.mapped().is_workflow) forget_workflow(tgid);
        return node.mapped().begin;
    }

    [[nodiscard]] bool any(std::uint32_t tgid) const {
        const auto first = created_.lower_bound({tgid, 0});
        return first != created_.end() && first->first.first == tgid;
    }
    // Whether one of them is a workflow; also true if that is unknown.
    [[nodiscard]] bool any_workflow(std::uint32_t tgid) const {
        return created_.size() >= limit_ || workflows_.contains(tgid);
    }
    [[nodiscard]] bool contains(std::uint32_t tgid, std::uint64_t key) const {
        return created_.contains({tgid, key});
    }

    void forget_process(std::uint32_t tgid) {
        created_.erase(created_.lower_bound({tgid, 0}), created_.lower_bound({tgid + 1ULL, 0}));
        workflows_.erase(tgid);
    }

    [[nodiscard]] std::size_t size() const { return created_.size(); }

private:
    struct Created {
        ft_begin begin;
        bool is_workflow;
    };

    void forget_workflow(std::uint32_t tgid) {
        const auto count = workflows_.find(tgid);
        if (--count->second == 0) workflows_.erase(count);
    }

    std::map<std::pair<std::uint64_t, std::uint64_t>, Created> created_;  // by tgid and key
    std::unordered_map<std::uint32_t, std::size_t> workflows_;            // number of workflows, by tgid
    std::size_t limit_;
};

}  // namespace flowtap

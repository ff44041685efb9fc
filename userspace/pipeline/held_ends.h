// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/outcome.h"

namespace flowtap {

// Ends that may still turn out to be failures: those of Python nodes that are observed from where they set a
// context variable to where they reset it. The rest of such a node runs on its thread before anything else,
// so the thread's next event decides; there is at most one held end for each thread.
class HeldEnds {
public:
    void hold(std::uint32_t tgid, std::uint32_t tid, Ended ended) {
        held_.insert_or_assign({tgid, tid}, std::move(ended));
    }

    [[nodiscard]] bool empty() const { return held_.empty(); }

    std::optional<Ended> take(std::uint32_t tgid, std::uint32_t tid) {
        auto node = held_.extract({tgid, tid});
        return node ? std::optional(std::move(node.mapped())) : std::nullopt;
    }

    // Ends all of a process.
    void release_process(std::uint32_t tgid, std::vector<Outcome>& outcomes) {
        release_if([&](const Key& key, const Ended&) { return key.first == tgid; }, outcomes);
    }

    // Ends those held since before this time, on threads that have sent no further event.
    void release_older(std::uint64_t time_ns, std::vector<Outcome>& outcomes) {
        release_if([&](const Key&, const Ended& ended) { return ended.end_ns < time_ns; }, outcomes);
    }

private:
    using Key = std::pair<std::uint32_t, std::uint32_t>;  // process, thread

    template <typename Predicate>
    void release_if(Predicate releases, std::vector<Outcome>& outcomes) {
        for (auto at = held_.begin(); at != held_.end();) {
            if (!releases(at->first, at->second)) {
                ++at;
                continue;
            }
            outcomes.emplace_back(std::move(at->second));
            at = held_.erase(at);
        }
    }

    std::map<Key, Ended> held_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "exporter/metrics/target_labels.h"

namespace flowtap {

// What the rows of a workflow share: when it was last seen, and how many of its executions are open, nodes
// included. Exists as long as it has rows.
class Activities {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;  // for rows that never expire

    // Adds a row of this workflow. Returns the activity's number.
    std::uint32_t add_row(const SharedTargetLabels& target, const std::string& workflow_id);
    void remove_row(std::uint32_t activity);

    void mark_seen(std::uint32_t activity, std::uint64_t time_ns);
    void begin(std::uint32_t activity, std::uint64_t time_ns);
    void end(std::uint32_t activity, std::uint64_t time_ns);
    // Whether nothing is open and nothing was seen since that time.
    [[nodiscard]] bool idle_since(std::uint32_t activity, std::uint64_t time_ns) const;

private:
    struct Key {
        SharedTargetLabels target;
        std::string workflow_id;
        bool operator==(const Key& other) const;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const;
    };
    struct Activity {
        std::uint64_t seen_ns = 0;
        std::uint64_t open = 0;
        std::uint32_t rows = 0;
        const Key* key = nullptr;
    };

    std::vector<Activity> activities_;
    std::vector<std::uint32_t> free_;
    std::unordered_map<Key, std::uint32_t, Hash> numbers_;
};

}  // namespace flowtap

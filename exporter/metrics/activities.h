// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "exporter/metrics/target_labels.h"

namespace flowtap {

// What a workflow's rows have in common: when anything of it was seen last, and what is open of it, its
// nodes included. A row that has joined keeps it alive; with the last row it goes.
class Activities {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;  // of rows that never expire

    // A new row of this workflow. Returns the number to call it by.
    std::uint32_t join(const SharedTargetLabels& target, const std::string& workflow_id);
    void leave(std::uint32_t activity);

    void see(std::uint32_t activity, std::uint64_t time_ns);
    void begin(std::uint32_t activity, std::uint64_t time_ns);
    void end(std::uint32_t activity, std::uint64_t time_ns);
    // Nothing is open and nothing was seen since then.
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

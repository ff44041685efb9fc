// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "kubernetes/pod.h"

namespace flowtap {

// The pods of one node. A pod that is gone is still found for a while, because its processes may outlive it
// in the API, and fork: the same pod must not get another name then. Neither a UID nor a name changes its
// pod.
class PodTable {
public:
    static constexpr std::size_t kMost = 4096;  // at once; a node runs some hundred
    static constexpr std::size_t kMostGone = 1024;

    // These pods and no others are there. Beyond kMost none is taken.
    void replace(const std::vector<Pod>& pods);
    // False where there is no room.
    bool put(const Pod& pod);
    void remove(const std::string& uid);

    // Null where it was never told of, or is long gone.
    [[nodiscard]] const PodName* find(const std::string& uid) const;
    // Those that are there now.
    [[nodiscard]] std::size_t size() const { return pods_.size() - gone_.size(); }

private:
    struct Entry {
        PodName name;
        bool gone = false;
    };

    std::map<std::string, Entry> pods_;  // by UID
    std::deque<std::string> gone_;       // their UIDs, the first to go first
};

}  // namespace flowtap

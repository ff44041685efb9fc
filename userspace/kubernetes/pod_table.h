// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "kubernetes/pod.h"

namespace flowtap {

// The pods of one node. A deleted pod is still found for a while: its processes may outlive its API object
// and may fork, and must keep the pod's name. UIDs and names of a pod never change.
class PodTable {
public:
    static constexpr std::size_t kMost = 4096;  // at once; a node runs a few hundred
    static constexpr std::size_t kMostGone = 1024;

    // Replaces all pods. Ignores those beyond kMost.
    void replace(const std::vector<Pod>& pods);
    // Returns false if the table is full.
    bool put(const Pod& pod);
    void remove(const std::string& uid);

    // Null: unknown, or deleted long ago.
    [[nodiscard]] const PodName* find(const std::string& uid) const;
    // How many exist now.
    [[nodiscard]] std::size_t size() const { return pods_.size() - gone_.size(); }

private:
    struct Entry {
        PodName name;
        bool gone = false;
    };

    std::map<std::string, Entry> pods_;  // by UID
    std::deque<std::string> gone_;       // UIDs of deleted pods, the oldest first
};

}  // namespace flowtap

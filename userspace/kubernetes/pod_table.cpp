// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/pod_table.h"

#include <algorithm>
#include <set>

namespace flowtap {

void PodTable::replace(const std::vector<Pod>& pods) {
    std::set<std::string> present;
    for (const Pod& pod : pods) present.insert(pod.uid);
    std::vector<std::string> missing;
    for (const auto& [uid, entry] : pods_)
        if (!entry.gone && !present.contains(uid)) missing.push_back(uid);
    for (const std::string& uid : missing) remove(uid);
    for (const Pod& pod : pods) put(pod);
}

bool PodTable::put(const Pod& pod) {
    const auto found = pods_.find(pod.uid);
    if (found == pods_.end()) {
        if (size() >= kMost) return false;
        pods_.emplace(pod.uid, Entry{pod.name});
        return true;
    }
    if (found->second.gone) std::erase(gone_, pod.uid);
    found->second = {pod.name};
    return true;
}

void PodTable::remove(const std::string& uid) {
    const auto found = pods_.find(uid);
    if (found == pods_.end() || found->second.gone) return;
    found->second.gone = true;
    gone_.push_back(uid);
    if (gone_.size() <= kMostGone) return;
    pods_.erase(gone_.front());
    gone_.pop_front();
}

const PodName* PodTable::find(const std::string& uid) const {
    const auto found = pods_.find(uid);
    return found == pods_.end() ? nullptr : &found->second.name;
}

}  // namespace flowtap

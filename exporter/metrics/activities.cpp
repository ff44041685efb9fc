// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/activities.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace flowtap {

bool Activities::Key::operator==(const Key& other) const {
    return workflow_id == other.workflow_id && *target == *other.target;
}

std::size_t Activities::Hash::operator()(const Key& key) const {
    return std::hash<std::string>{}(key.workflow_id) ^ key.target->hash();
}

std::uint32_t Activities::add_row(const SharedTargetLabels& target, const std::string& workflow_id) {
    const auto [entry, added] = numbers_.try_emplace({target, workflow_id});
    if (added) {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(activities_.size()));
            activities_.emplace_back();
        }
        entry->second = free_.back();
        free_.pop_back();
        activities_[entry->second] = {.key = &entry->first};
    }
    ++activities_[entry->second].rows;
    return entry->second;
}

void Activities::remove_row(std::uint32_t activity) {
    if (activity == kNone || --activities_[activity].rows > 0) return;
    numbers_.erase(numbers_.find(*activities_[activity].key));
    free_.push_back(activity);
}

void Activities::mark_seen(std::uint32_t activity, std::uint64_t time_ns) {
    if (activity == kNone) return;
    activities_[activity].seen_ns = std::max(activities_[activity].seen_ns, time_ns);
}

void Activities::begin(std::uint32_t activity, std::uint64_t time_ns) {
    if (activity != kNone) ++activities_[activity].open;
    mark_seen(activity, time_ns);
}

void Activities::end(std::uint32_t activity, std::uint64_t time_ns) {
    if (activity != kNone) --activities_[activity].open;
    mark_seen(activity, time_ns);
}

bool Activities::idle_since(std::uint32_t activity, std::uint64_t time_ns) const {
    if (activity == kNone) return false;
    return activities_[activity].open == 0 && activities_[activity].seen_ns < time_ns;
}

}  // namespace flowtap

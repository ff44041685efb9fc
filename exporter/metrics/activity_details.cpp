// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/activity_details.h"

#include <algorithm>
#include <functional>

namespace flowtap {

ActivityDetails::ActivityDetails(const LedgerSnapshot& ledger) {
    ledger.errors.for_each([this](const ErrorRow& row) {
        const ErrorIdentity& error = row.labels->identity;
        errors_[{error.workflow_id, error.node_id}][error.error_type] += row.count;
    });
    ledger.critical_paths.for_each([this](const PathRow& row) {
        const PathIdentity& on_path = row.labels->identity;
        on_path_ns_[{on_path.workflow_id, on_path.node_id}] += row.on_path_ns;
        path_ns_[on_path.workflow_id] += row.on_path_ns;
    });
}

void ActivityDetails::add_to(ActivityRow& row) const {
    const Name name{row.workflow_id, row.node_id};
    if (const auto errors = errors_.find(name); errors != errors_.end()) {
        for (const auto& [type, count] : errors->second) row.errors.push_back({type, count});
        std::ranges::stable_sort(row.errors, std::greater<>(), &ErrorCount::count);
        if (row.errors.size() > kMostErrorTypes) row.errors.resize(kMostErrorTypes);
    }
    const auto whole = path_ns_.find(row.workflow_id);
    if (whole == path_ns_.end() || whole->second == 0) return;
    const auto part = on_path_ns_.find(name);
    const std::uint64_t part_ns = part == on_path_ns_.end() ? 0 : part->second;
    row.on_critical_path = static_cast<double>(part_ns) / static_cast<double>(whole->second);
}

}  // namespace flowtap

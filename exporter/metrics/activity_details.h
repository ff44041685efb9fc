// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "exporter/metrics/activity.h"

namespace flowtap {

// What is kept apart from the executions' rows, found again by workflow and node: of all targets together.
class ActivityDetails {
public:
    explicit ActivityDetails(const LedgerSnapshot& ledger);

    // Fills in the row's errors and its part of the critical path.
    void add_to(ActivityRow& row) const;

private:
    using Name = std::pair<std::string, std::string>;  // workflow and node; no node: the workflow itself

    std::map<Name, std::map<std::string, std::uint64_t>> errors_;  // by type
    std::map<Name, std::uint64_t> on_path_ns_;
    std::map<std::string, std::uint64_t> path_ns_;  // of the workflow's executions, whole
};

}  // namespace flowtap

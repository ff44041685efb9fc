// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "exporter/metrics/activity.h"

namespace flowtap {

// Data that is stored separately from the executions' rows, by workflow and node, for all targets together.
class ActivityDetails {
public:
    explicit ActivityDetails(const LedgerSnapshot& ledger);

    // Sets the row's errors and its share of the critical path.
    void add_to(ActivityRow& row) const;

private:
    using Name = std::pair<std::string, std::string>;  // workflow and node; empty node: the workflow itself

    std::map<Name, std::map<std::string, std::uint64_t>> errors_;  // by type
    std::map<Name, std::uint64_t> on_path_ns_;
    std::map<std::string, std::uint64_t> path_ns_;  // total for the workflow's executions
};

}  // namespace flowtap

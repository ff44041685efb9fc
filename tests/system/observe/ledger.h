// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "exposition.h"

namespace flowtap::system_test {

// A target's own count of what it ran, as its round's line of JSON has it (tests/engine/workload.py).
using Ledger = nlohmann::json;

// Every count in the metrics is in the ledger and the other way round, started, ended and errors alike; each
// ended execution has its duration; and flowtap says of itself that it lost nothing and left nothing
// unpaired.
testing::AssertionResult agrees(const Exposition& metrics, const Ledger& ledger);

// Two runs of the same program did the same: all counts are equal. Fails as well where there are none.
testing::AssertionResult same_counts(const Ledger& one, const Ledger& other);

// What several programs counted, as one ledger.
Ledger sum_of(const std::vector<Ledger>& ledgers);

// started = success + failed + cancelled + aborted + active for each workflow and node, and active_workflows
// is the sum of its parts. Fails as well where there is nothing to check.
testing::AssertionResult identity_holds(const Exposition& metrics);

// What the kernel had to send was received or lost. Only while the targets rest: else something is on its
// way.
testing::AssertionResult no_event_vanished(const Exposition& metrics);

// Of all reasons but that a node began without its workflow, which also happens when that is just over.
double unpaired_executions(const Exposition& metrics);

}  // namespace flowtap::system_test

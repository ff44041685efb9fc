// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "event_builder.h"
#include "pipeline/execution_tracker.h"

namespace flowtap::test {

// Indices of the points the fixture describes.
enum : __u32 { kNativeWorkflow, kNativeNode, kPythonWorkflow, kPythonNode, kUndescribed };

inline void describe_points(ExecutionTracker& tracker) {
    tracker.add_point(kNativeWorkflow,
                      {.kind = ExecutionKind::kWorkflow, .python = false, .name = "run_graph"});
    tracker.add_point(kNativeNode, {.kind = ExecutionKind::kNode, .python = false, .name = "run_node"});
    tracker.add_point(kPythonWorkflow, {.kind = ExecutionKind::kWorkflow,
                                        .python = true,
                                        .name = "execute",
                                        .made_up_names = {"Workflow-xxxxxxxx"}});
    tracker.add_point(kPythonNode, {.kind = ExecutionKind::kNode, .python = true, .name = ""});
}

class TrackerTest : public testing::Test {
protected:
    TrackerTest() { describe_points(tracker_); }

    std::vector<Outcome> apply(const Event& event) {
        std::vector<Outcome> outcomes;
        tracker_.apply(event, outcomes);
        return outcomes;
    }

    // Identity of an execution that must begin.
    Identity begun(const ft_begin& event) {
        const auto outcomes = apply(event);
        const auto* started = outcomes.empty() ? nullptr : std::get_if<Started>(&outcomes.back());
        EXPECT_NE(started, nullptr);
        return started == nullptr ? Identity{} : *started->identity;
    }

    // The one execution that must end.
    Ended ended(const Event& event) { return only_ended(apply(event)); }

    static Ended only_ended(const std::vector<Outcome>& outcomes) {
        EXPECT_EQ(outcomes.size(), 1U);
        const auto* ended = outcomes.empty() ? nullptr : std::get_if<Ended>(&outcomes.front());
        EXPECT_NE(ended, nullptr);
        return ended == nullptr ? Ended{} : *ended;
    }

    ExecutionTracker tracker_;
};

inline bool is_unpaired(const Outcome& outcome, UnpairedReason reason) {
    const auto* unpaired = std::get_if<Unpaired>(&outcome);
    return unpaired != nullptr && unpaired->reason == reason;
}

}  // namespace flowtap::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "pipeline/outcome.h"

namespace flowtap {

// Finds the nodes that bound the wall time of each workflow execution that ended in success. Takes outcomes
// and returns paths; no clock, no I/O.
// Walks back from the workflow's end: the next step of the path is the node execution that ended last, but
// not later than the point reached; its begin is the new point. The time between two steps is the engine's. A
// node that ran inside another one, or beside a longer one, is not on the path. The steps and the engine's
// time add up to the execution's wall time.
// A path is returned only if all node executions of the workflow execution are known; otherwise the reason is
// returned.
class CriticalPaths {
public:
    struct Limits {
        std::size_t nodes = 4096;         // kept for one workflow execution
        std::size_t all_nodes = 262'144;  // kept in total
        std::size_t processes = 4096;     // that are distinguished
    };
    // How long an ended workflow execution waits for the ends of its nodes. Nodes that end later are assumed
    // to outlive it.
    static constexpr std::uint64_t kPatienceNs = 1'000'000'000;

    CriticalPaths() : CriticalPaths(Limits{}) {}
    explicit CriticalPaths(Limits limits) : limits_(limits) {}

    void add(std::span<const Outcome> outcomes);

    // Appends a CriticalPath or a PathUnknown for each workflow execution that ended before. events_lost:
    // total number of lost events; if events were lost during an execution, its path is unknown.
    void decide(std::uint64_t events_lost, std::uint64_t now_ns, std::vector<Outcome>& outcomes);

private:
    struct Workflow {
        std::uint32_t tgid = 0;
        std::uint64_t begin_ns = 0;
        std::uint64_t end_ns = 0;  // 0: open
        SharedIdentity identity;
        std::size_t open_nodes = 0;
        std::vector<CriticalStep> nodes = {};  // ended
        std::optional<PathUnknownReason> unknown = {};
    };
    using Workflows = std::unordered_map<std::uint64_t, Workflow>;  // by token

    void add(const Started& started);
    void add(const Ended& ended);
    void add(const Unpaired& unpaired);
    void add(const CriticalPath&) {}
    void add(const PathUnknown&) {}
    void end_workflow(Workflows::iterator workflow, const Ended& ended);
    void end_node(const Ended& ended);
    void add_node(Workflow& workflow, const Ended& node);
    void make_unknown(Workflow& workflow, PathUnknownReason reason);
    void remove(Workflows::iterator workflow);
    [[nodiscard]] std::uint64_t workflow_around(const Started& node) const;
    [[nodiscard]] std::optional<PathUnknownReason> why_unknown(const Workflow& workflow) const;
    void add_node_without_workflow(std::uint32_t tgid, std::uint64_t time_ns);
    void update_losses(std::uint64_t events_lost, std::uint64_t now_ns);

    Limits limits_;
    Workflows workflows_;
    std::unordered_map<std::uint64_t, std::uint64_t> nodes_;  // open: the workflow's token, by their own
    std::vector<std::uint64_t> ended_;                        // workflows that wait for decide(), by token
    // Last time at which a node began in the process whose workflow execution is unknown.
    std::unordered_map<std::uint32_t, std::uint64_t> without_workflow_ns_;  // by tgid
    std::uint64_t without_workflow_in_any_ns_ = 0;  // the latest that is not among these
    std::size_t kept_ = 0;
    std::uint64_t events_lost_ = 0;
    std::uint64_t lost_until_ns_ = 0;  // events were lost before this time
    bool unpaired_ = false;            // since the last decide()
};

}  // namespace flowtap

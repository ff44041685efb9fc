// SPDX-License-Identifier: Apache-2.0
// What the tracker says happened: the only thing the exporter ever sees of executions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace flowtap {

// Who an execution is, in the words of the metrics' labels. Cleaned: valid UTF-8, made-up ids collapsed.
struct WorkflowIdentity {
    std::string workflow_id;
    bool operator==(const WorkflowIdentity&) const = default;
};

struct NodeIdentity {
    std::string workflow_id;
    std::string node_id;
    std::string node_type;
    bool operator==(const NodeIdentity&) const = default;
};

using Identity = std::variant<WorkflowIdentity, NodeIdentity>;

// An identity that many outcomes share: a copy costs no text, and who has seen one knows it by its address.
class SharedIdentity {
public:
    SharedIdentity() {
        static const auto kNobody = std::make_shared<const Identity>();
        identity_ = kNobody;
    }
    SharedIdentity(Identity identity) : identity_(std::make_shared<const Identity>(std::move(identity))) {}
    SharedIdentity(WorkflowIdentity identity) : SharedIdentity(Identity(std::move(identity))) {}
    SharedIdentity(NodeIdentity identity) : SharedIdentity(Identity(std::move(identity))) {}

    operator const Identity&() const { return *identity_; }
    const Identity& operator*() const { return *identity_; }
    // The same for copies of one another, while there is one.
    [[nodiscard]] const void* address() const { return identity_.get(); }

    // Only to be destroyed or assigned to once moved from.
    bool operator==(const SharedIdentity& other) const { return *identity_ == *other.identity_; }

private:
    std::shared_ptr<const Identity> identity_;
};

enum class Status : std::uint8_t { kSuccess, kFailed, kCancelled, kAborted };

// An execution began. `token` is unique among open executions and returns in its Ended.
struct Started {
    std::uint64_t token = 0;
    std::uint32_t tgid = 0;
    std::uint32_t tid = 0;      // thread it began on
    std::uint64_t key = 0;      // names it in the kernel's map of open executions, with tgid
    std::uint64_t time_ns = 0;  // CLOCK_MONOTONIC
    SharedIdentity identity;
    // Of the open execution around it, which may be another node's. Where a node's callers do not lead to
    // one: of the only open execution of its workflow in its process. 0: none, or not known.
    std::uint64_t workflow_token = 0;
    std::uint32_t point = 0;        // the index that its point was described with
    bool id_unreadable = false;     // one of its ids could not be read, and stands by its default
    bool coroutine = false;         // or known by a number: it may be suspended, and move between threads
    bool workflow_missing = false;  // it is of a workflow execution, and not known of which
};

// An execution ended. Exactly one follows each Started.
struct Ended {
    std::uint64_t token = 0;
    std::uint32_t tgid = 0;
    std::uint32_t tid = 0;         // thread it began on
    std::uint64_t key = 0;         // as in its Started
    std::uint64_t call_stack = 0;  // native calls: the stack pointer at their entry; in the kernel's map too
    std::uint64_t begin_ns = 0;
    std::uint64_t end_ns = 0;  // >= begin_ns
    // Without the time it was suspended; <= end_ns - begin_ns. Nothing where that could not be seen.
    std::optional<std::uint64_t> running_ns = {};
    // False where the moment of the end was not seen (left without a return, an end event lost): such
    // an execution is counted by status, but its duration is not a measurement and must not be observed.
    bool duration_known = true;
    // No end event of its own was seen: the kernel's map of open executions may still have it.
    bool in_kernel_map = false;
    Status status = Status::kSuccess;
    std::string error_type = {};  // empty unless kFailed or kCancelled
    SharedIdentity identity;
};

// An event that belongs to no execution we saw begin, or an execution whose end nobody saw.
enum class UnpairedReason : std::uint8_t {
    kEndWithoutBegin,      // began before the attach, or its begin was lost
    kLeftWithoutReturn,    // its stack slot was used again: exception, longjmp or a lost end; or the context
                           // variable it set was never reset
    kInFlightAtAttach,     // it was under way when we attached
    kTooManyOpen,          // its begin was refused: the limit of open executions was reached
    kUnknownPoint,         // its begin came from a point nobody described
    kLeftAtDetach,         // it was under way when we let its process go
    kNodeWithoutWorkflow,  // a node began, and no execution of its workflow was known to be open
    kFailedLate,  // it failed after its success had been counted: longer after its run() than we wait
};

struct Unpaired {
    UnpairedReason reason = UnpairedReason::kEndWithoutBegin;
};

// A node execution on the critical path of a workflow execution.
struct CriticalStep {
    std::uint64_t token = 0;
    std::uint64_t begin_ns = 0;
    std::uint64_t end_ns = 0;
    SharedIdentity identity;
};

// What bounded the wall time of a workflow execution that ended in success; after its Ended. The steps follow
// one another, and with engine_ns, the time between them, add up to end_ns - begin_ns.
struct CriticalPath {
    std::uint64_t token = 0;  // the workflow execution's
    std::uint32_t tgid = 0;
    std::uint64_t begin_ns = 0;
    std::uint64_t end_ns = 0;
    SharedIdentity identity;
    std::vector<CriticalStep> steps = {};
    std::uint64_t engine_ns = 0;
};

enum class PathUnknownReason : std::uint8_t {
    kTooManyNodes,      // more node executions than are kept
    kNodeUnattributed,  // a node began in its process of which it is not known which execution it is of
    kEndNotSeen,        // of one of its nodes
    kEventsLost,        // in the meantime, whosever they were
};

// A workflow execution ended in success, and its critical path is not known.
struct PathUnknown {
    PathUnknownReason reason = PathUnknownReason::kTooManyNodes;
};

using Outcome = std::variant<Started, Ended, Unpaired, CriticalPath, PathUnknown>;

}  // namespace flowtap

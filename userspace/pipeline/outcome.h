// SPDX-License-Identifier: Apache-2.0
// The tracker's results. The exporter learns about executions only from these.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace flowtap {

// Identifies an execution by label values. Cleaned: valid UTF-8, made-up ids collapsed.
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

// An identity that many outcomes share. A copy costs no text, and equal addresses mean equal identities.
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
    // The same for all copies, as long as one exists.
    [[nodiscard]] const void* address() const { return identity_.get(); }

    // After a move, only destruction and assignment are allowed.
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
    std::uint64_t key = 0;      // its key in the kernel's map of open executions, with tgid
    std::uint64_t time_ns = 0;  // CLOCK_MONOTONIC
    SharedIdentity identity;
    // Token of the enclosing open execution, which may be another node's. If a node's callers do not identify
    // one: of the only open execution of its workflow in its process. 0: none, or unknown.
    std::uint64_t workflow_token = 0;
    std::uint32_t point = 0;     // number of its point
    bool id_unreadable = false;  // one of its ids could not be read, and has its default
    bool coroutine = false;      // or identified by a number: it may be suspended, and move between threads
    bool workflow_missing = false;  // it belongs to a workflow execution, but it is unknown to which
};

// An execution ended. Exactly one follows each Started.
struct Ended {
    std::uint64_t token = 0;
    std::uint32_t tgid = 0;
    std::uint32_t tid = 0;  // thread it began on
    std::uint64_t key = 0;  // as in its Started
    std::uint64_t call_stack =
        0;  // native calls: the stack pointer at their entry; also a key in the kernel's map
    std::uint64_t begin_ns = 0;
    std::uint64_t end_ns = 0;  // >= begin_ns
    // Excludes the time it was suspended; <= end_ns - begin_ns. nullopt if that could not be measured.
    std::optional<std::uint64_t> running_ns = {};
    // False if the moment of the end was not seen (left without a return, or its end event was lost). Then
    // the execution is counted by status, but its duration must not be observed.
    bool duration_known = true;
    // No end event was seen: the kernel's map of open executions may still have an entry.
    bool in_kernel_map = false;
    Status status = Status::kSuccess;
    std::string error_type = {};  // empty unless kFailed or kCancelled
    SharedIdentity identity;
};

// An event without an execution that was seen to begin, or an execution whose end was not seen.
enum class UnpairedReason : std::uint8_t {
    kEndWithoutBegin,      // began before the attach, or its begin was lost
    kLeftWithoutReturn,    // its stack slot was used again: exception, longjmp or a lost end; or the context
                           // variable it set was never reset
    kInFlightAtAttach,     // it was running at the attach
    kTooManyOpen,          // its begin was refused: too many executions are open
    kUnknownPoint,         // its begin came from an undescribed point
    kLeftAtDetach,         // it was running when flowtap detached
    kNodeWithoutWorkflow,  // a node began, and no open execution of its workflow was known
    kFailedLate,           // it failed after its success was counted: too long after its run()
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

// What bounded the wall time of a workflow execution that ended in success. Comes after its Ended. The steps
// do not overlap, and with engine_ns, the time between them, add up to end_ns - begin_ns.
struct CriticalPath {
    std::uint64_t token = 0;  // of the workflow execution
    std::uint32_t tgid = 0;
    std::uint64_t begin_ns = 0;
    std::uint64_t end_ns = 0;
    SharedIdentity identity;
    std::vector<CriticalStep> steps = {};
    std::uint64_t engine_ns = 0;
};

enum class PathUnknownReason : std::uint8_t {
    kTooManyNodes,      // more node executions than are kept
    kNodeUnattributed,  // a node began in its process, but it is unknown in which execution
    kEndNotSeen,        // one of its nodes has no known end
    kEventsLost,        // events were lost meanwhile, possibly its own
};

// A workflow execution ended in success, but its critical path is unknown.
struct PathUnknown {
    PathUnknownReason reason = PathUnknownReason::kTooManyNodes;
};

using Outcome = std::variant<Started, Ended, Unpaired, CriticalPath, PathUnknown>;

}  // namespace flowtap

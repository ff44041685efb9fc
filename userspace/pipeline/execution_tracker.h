// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/created_coroutines.h"
#include "pipeline/event_decoder.h"
#include "pipeline/held_ends.h"
#include "pipeline/identity_pool.h"
#include "pipeline/in_flight_keys.h"
#include "pipeline/known_identities.h"
#include "pipeline/open_executions.h"
#include "pipeline/open_workflows.h"
#include "pipeline/outcome.h"

namespace flowtap {

enum class ExecutionKind : std::uint8_t { kWorkflow, kNode };

// Decides whether an execution that ended without an exception has failed, by a value in its end event.
struct JudgedValue {
    std::optional<std::string> failure;  // as a label shows it; nullopt: None
    bool differs = false;                // every other value is a failure
    std::string name;                    // name of the value, for error types
};

// What the tracker needs to know about a profile's point.
struct PointInfo {
    ExecutionKind kind = ExecutionKind::kNode;
    bool python = false;
    bool in_workflows = false;  // a node whose profile also observes workflows
    std::string name;           // node_type if the event has none: a native function's name
    // Names for ids that are numbers of an enumeration.
    std::map<std::int64_t, std::string> workflow_names = {};
    std::map<std::int64_t, std::string> node_names = {};
    std::vector<std::string> made_up_names = {};  // see is_made_up_name()
    std::optional<JudgedValue> judged = {};
    std::string failed_by = {};  // the function whose call makes an execution fail: its error type
    std::map<std::string, Status> statuses = {};  // by error type, if it is not the usual status
    bool ids_at_end = false;                      // a node whose own ids come with a NamedEvent
};

// An execution with this key, or at this place of a stack, that began after `since` and not after `until` may
// have ended without an end event.
struct PossibleEnd {
    std::uint32_t tgid = 0;
    std::uint64_t key = 0;
    std::uint64_t since = 0;
    std::uint64_t until = 0;
};

// Pairs begins with ends. Takes events with their times and returns outcomes; no clock, no I/O.
//
//   state   | event                          | state after | outcomes
//   --------|--------------------------------|-------------|-----------------------------------------------
//   none    | begin                          | open        | Started
//   none    | begin, limit reached           | none        | Unpaired kTooManyOpen
//   none    | begin of an unknown point      | none        | Unpaired kUnknownPoint
//   none    | begin of ids known at the end  | open        | none; Started before Ended at the latest
//   open    | named                          | open        | Started, if that was put off
//   none    | created                        | created     | none
//   created | begin                          | open        | Started
//   created | begin of a node in it          | open        | Started (at the creation), then the node's
//   created | end                            | none        | Started (at the creation), Ended
//   created | end with status aborted        | none        | none: it never ran
//   none    | end                            | none        | Unpaired kEndWithoutBegin; nothing if in flight
//   none    | in flight                      | none        | Unpaired kInFlightAtAttach, once per key
//   open    | begin, or one at its place on  | open        | Ended kAborted (duration not known),
//           | the stack                      |             | Unpaired kLeftWithoutReturn, Started
//   open    | end                            | none        | Ended kSuccess, kFailed or kCancelled
//   open    | end, key kind FT_KEY_RUN       | held        | none, until the thread's next event
//           |                                |             | or release_ends()
//   open    | end, key kind FT_KEY_CONTEXT,  | none        | Ended kAborted (duration not known),
//           | aborted: it was never reset    |             | Unpaired kLeftWithoutReturn
//   held    | raised                         | none        | Ended kFailed or kCancelled
//   none    | raised                         | none        | Unpaired kFailedLate
//   open    | end older than the begin       | open        | Unpaired kEndWithoutBegin: a late end of the
//           |                                |             | key's previous execution
//   open,   | in flight                      | unchanged   | none
//   created |                                |             |
//   open    | thread exit, unless coroutine  | none        | Ended kAborted
//   open    | process exit, exec             | none        | Ended kAborted
//   any     | done                           | unchanged   | Started and Ended of an execution of its own
//   open    | process forgotten              | none        | Ended kAborted (duration not known),
//           |                                |             | Unpaired kLeftAtDetach
//   open    | left, past its stack pointer   | none        | Ended kFailed or kAborted
//   open    | PossibleEnd                    | none        | Ended kAborted (duration not known),
//           |                                |             | Unpaired kLeftWithoutReturn
//
// A node that should be in a workflow begins like any other, but is followed by Unpaired kNodeWithoutWorkflow
// if no open execution around it is known and its process has no open or created execution of its workflow:
// its workflow is invisible to flowtap, or its begin was missed.
//
// Each Started is followed by exactly one Ended, with the same token, once its execution is not open.
class ExecutionTracker {
public:
    static constexpr std::size_t kMaxOpen = 1'000'000;
    static constexpr std::size_t kMaxInFlight = 65'536;
    static constexpr std::size_t kMaxCreated = 16'384;

    explicit ExecutionTracker(std::size_t max_open = kMaxOpen, std::size_t max_in_flight = kMaxInFlight)
        : in_flight_(max_in_flight), max_open_(max_open) {}

    // Describes a point. Call before its first event. A second description replaces the first.
    void add_point(std::uint32_t index, PointInfo point);

    // Appends the event's outcomes. Ignores Malformed; the caller counts it.
    void apply(const Event& event, std::vector<Outcome>& outcomes);

    void apply(const PossibleEnd& end, std::vector<Outcome>& outcomes);

    // Ends what was held since before this time, on threads that have sent no further event.
    void release_ends(std::uint64_t time_ns, std::vector<Outcome>& outcomes) {
        held_.release_older(time_ns, outcomes);
    }

    // The process has ended, as known from another source than its events: like a process exit at this time.
    void end_process(std::uint32_t tgid, std::uint64_t time_ns, std::vector<Outcome>& outcomes);

    // Flowtap detaches from a process that lives on, so the ends of its executions will not be seen. They
    // leave the gauges: each ends as kAborted with unknown duration, and as Unpaired kLeftAtDetach.
    void forget_process(std::uint32_t tgid, std::uint64_t time_ns, std::vector<Outcome>& outcomes);

    // Whether a native execution is open whose stack pointer at entry lies in [from, to).
    [[nodiscard]] bool any_on_stack(std::uint32_t tgid, std::uint64_t from, std::uint64_t to) {
        return open_.lowest_on_stack(tgid, from, to) != nullptr;
    }

    [[nodiscard]] std::size_t open_count() const { return open_.size(); }
    [[nodiscard]] std::vector<std::uint64_t> open_keys(std::uint32_t tgid) const { return open_.keys(tgid); }

private:
    static constexpr std::size_t kMaxPutOff = 65'536;

    struct Ending;
    // Of a node whose ids are known at its end.
    struct PutOff {
        Started started;
        BeginEvent begin;
        bool enclosed = false;  // an execution around it is known
    };
    using Outcomes = std::vector<Outcome>;

    void on(const BeginEvent& event, Outcomes& outcomes);
    void on(const CreatedEvent& event, Outcomes& outcomes);
    void on(const NamedEvent& event, Outcomes& outcomes);
    void on(const EndEvent& event, Outcomes& outcomes);
    void on(const RaisedEvent& event, Outcomes& outcomes);
    void on(const LeftEvent& event, Outcomes& outcomes);
    void on(const DoneEvent& event, Outcomes& outcomes);
    void on(const InFlightEvent& event, Outcomes& outcomes);
    void on(const ThreadExitEvent& event, Outcomes& outcomes);
    void on(const ProcessExitEvent& event, Outcomes& outcomes);
    void on(const ExecEvent& event, Outcomes& outcomes);
    void on(const Malformed&, Outcomes&) {}

    void end_stale(const BeginEvent& event, Outcomes& outcomes);
    void begin(const BeginEvent& event, Outcomes& outcomes);
    // A coroutine ran although its start was not seen: it begins, retroactively, at its creation.
    bool begin_created(std::uint32_t tgid, std::uint64_t key, Outcomes& outcomes);
    void start(const BeginEvent& event, const PointInfo& point, Outcomes& outcomes);
    void put_off(Started started, const BeginEvent& event, bool enclosed, Outcomes& outcomes);
    // Tells the start of an execution that was put off, if it was.
    void report_start(const Execution& execution, Outcomes& outcomes);
    [[nodiscard]] std::uint64_t token_around(std::uint32_t tgid, const Identity& identity,
                                             const Execution* enclosing) const;
    [[nodiscard]] bool lacks_workflow(const Execution& node, const PointInfo& point) const;
    SharedIdentity identity_of(const BeginEvent& event, const PointInfo& point, const Execution* enclosing);
    static Identity identify(const BeginEvent& event, const PointInfo& point, const Execution* enclosing);
    const Execution* enclosing_workflow(const BeginEvent& event, const PointInfo& point);
    void end_all(std::uint32_t tgid, const Ending& ending, Outcomes& outcomes);
    void end(Execution& execution, Ending ending, Outcomes& outcomes);
    void release_ends_of_thread(const Event& event, Outcomes& outcomes);
    static Ended ended(const Execution& execution, Ending ending);
    // Applies what the profile says of results and exceptions.
    void apply_outcome_rules(const ft_header& header, const ft_text& told, Ending& ending) const;

    std::unordered_map<std::uint32_t, PointInfo> points_;
    OpenExecutions open_;
    OpenWorkflows workflows_;
    IdentityPool identities_;
    KnownIdentities known_;
    InFlightKeys in_flight_;
    CreatedCoroutines created_{kMaxCreated};
    HeldEnds held_;
    std::unordered_map<std::uint64_t, PutOff> put_off_;  // by token
    std::size_t max_open_;
    std::uint64_t last_token_ = 0;
};

}  // namespace flowtap

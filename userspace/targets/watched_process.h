// SPDX-License-Identifier: Apache-2.0
// One process, from the first try to attach to it until nothing is known about it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "budget/target_overhead.h"
#include "targets/import_watch.h"
#include "targets/refusals.h"
#include "targets/target.h"
#include "targets/target_planner.h"

namespace flowtap {

//   state      | event     | state after | meaning
//   -----------|-----------|-------------|-------------------------------------------------------------
//   candidate  | refused   | waiting     | no profile fits, or the attach failed
//   candidate  | attached  | attached    | its probes are placed
//   waiting    | refused   | waiting     | tried again, because it changed or a pause was over
//   waiting    | attached  | attached    |
//   waiting    | started   | candidate   | a fork or an exec gave the PID to another program
//   waiting    | forgotten | candidate   | it ended, or is not wanted any more
//   attached   | extended  | attached    | what it imported or loaded since is observed too
//   attached   | ended     | ending      | its exit or exec was reported; events before that are still unread
//   attached   | retired   | candidate   | it is gone, or is about to be attached to anew
//   attached   | released  | detaching   | flowtap detaches from a process that lives on
//   ending     | ended     | ending      |
//   ending     | retired   | candidate   | everything that it reported is counted
//   ending     | released  | detaching   |
//   detaching  | detached  | detached    | the kernel has removed the last probe
//   detached   | attached  | attached    | attached to again
//   detached   | refused   | waiting     |
//   detached   | forgotten | candidate   | not to be attached to again, or that failed
//   any other  | started   | unchanged   | an exit or exec event retires it; until then its probes stay known
//
// No other event is possible in a state. A candidate about which nothing is known has no entry in
// ProcessTable; Discovery decides when a candidate is tried.
enum class ProcessState : std::uint8_t { kCandidate, kWaiting, kAttached, kEnding, kDetaching, kDetached };

enum class ProcessEvent : std::uint8_t {
    kRefused,
    kAttached,
    kExtended,
    kStarted,
    kEnded,
    kRetired,
    kReleased,
    kDetached,
    kForgotten,
};

// nullopt: impossible.
std::optional<ProcessState> state_after(ProcessState state, ProcessEvent event);

// What is known about a process that was tried and does not fit yet.
struct WaitingProcess {
    std::optional<IdleInterpreter> interpreter;
    std::optional<Error> unsupported;  // why its interpreter cannot be observed
    ImportWatch imports;
    std::uint64_t first_refused_ns = 0;
    std::uint64_t tried_ns = 0;       // time of the last try
    std::uint64_t not_before_ns = 0;  // next try not before this: the last one exceeded its limits
    std::uint32_t code_pages = 0;     // at the last try
    std::optional<std::uint64_t> tried_cpu_ns = {};  // CPU time it had used at the last try
    std::optional<std::uint64_t> cpu_ns = {};        // set if it can fit only after it has run again
};

class WatchedProcess {
public:
    explicit WatchedProcess(pid_t pid) : pid_(pid) {}

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] ProcessState state() const { return state_; }
    // Applies the table. Drops the data of the state that is left.
    void apply(ProcessEvent event);

    // Where probes are placed: attached and ending.
    [[nodiscard]] bool has_probes() const {
        return state_ == ProcessState::kAttached || state_ == ProcessState::kEnding;
    }
    // Whether nothing is known about it.
    [[nodiscard]] bool is_blank() const { return state_ == ProcessState::kCandidate && !overhead; }

    // attached, ending
    std::optional<Target> target;
    bool to_be_compared = false;  // with the current profiles, which may ask for other points

    // State waiting. A process whose attach was lost is refused without a try.
    std::optional<WaitingProcess> waiting;
    std::optional<Refusal> refusal;

    // detaching, detached
    bool attach_again = false;

    // Any state: covers one program and its execs, over all attachments.
    std::optional<TargetOverhead> overhead;

private:
    pid_t pid_;
    ProcessState state_ = ProcessState::kCandidate;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// What the collector counts about itself. The event loop fills one and passes it to Metrics::update().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics/tally.h"
#include "machine/machine_facts.h"

namespace flowtap {

enum class LostReason : std::uint8_t {
    kRingBufferFull,
    kOpenMapFull,
    kOpenMapShare,
    kEndBufferFull,
    kMalformed
};
enum class TargetState : std::uint8_t { kAttached, kFailed, kGone };
enum class AttachFailure : std::uint8_t {
    kProcessGone,
    kCopyGone,
    kNoProfile,
    kUnsupportedInterpreter,
    kNoSite,
    kPermission,
    kKernel,
    kTableFull,
    kLimit,
    kOther,
};
// Failures of requests to the Kubernetes API server.
enum class PodWatchFailure : std::uint8_t { kUnreachable, kDenied, kStatus, kMalformed, kCredentials };

// State of a profile's point in an attached process.
enum class PointState : std::uint8_t {
    kExact,       // every execution is seen
    kInexact,     // observed, but not every execution, or not every end
    kWaiting,     // not observed until its module is imported
    kUnobserved,  // not observed
};

// What was left out of a plan, because of the overhead budget, so that a point has a cheaper mechanism or
// none.
enum class PointReduction : std::uint8_t { kRunningSeconds, kComplete, kMostExpensive, kAll };

constexpr std::string_view label_of(PointReduction member) {
    switch (member) {
        case PointReduction::kRunningSeconds:
            return "running_seconds";
        case PointReduction::kComplete:
            return "complete";
        case PointReduction::kMostExpensive:
            return "dearest";
        case PointReduction::kAll:
            return "all";
    }
    return {};
}

constexpr std::string_view label_of(PointState member) {
    switch (member) {
        case PointState::kExact:
            return "exact";
        case PointState::kInexact:
            return "inexact";
        case PointState::kWaiting:
            return "waiting";
        case PointState::kUnobserved:
            return "unobserved";
    }
    return {};
}

constexpr std::string_view label_of(LostReason member) {
    switch (member) {
        case LostReason::kRingBufferFull:
            return "ring_buffer_full";
        case LostReason::kOpenMapFull:
            return "open_map_full";
        case LostReason::kOpenMapShare:
            return "open_map_share";
        case LostReason::kEndBufferFull:
            return "end_buffer_full";
        case LostReason::kMalformed:
            return "malformed";
    }
    return {};
}

constexpr std::string_view label_of(TargetState member) {
    switch (member) {
        case TargetState::kAttached:
            return "attached";
        case TargetState::kFailed:
            return "failed";
        case TargetState::kGone:
            return "gone";
    }
    return {};
}

constexpr std::string_view label_of(AttachFailure member) {
    switch (member) {
        case AttachFailure::kProcessGone:
            return "process_gone";
        case AttachFailure::kCopyGone:
            return "copy_gone";
        case AttachFailure::kNoProfile:
            return "no_profile";
        case AttachFailure::kUnsupportedInterpreter:
            return "unsupported_interpreter";
        case AttachFailure::kNoSite:
            return "no_site";
        case AttachFailure::kPermission:
            return "permission";
        case AttachFailure::kKernel:
            return "kernel";
        case AttachFailure::kTableFull:
            return "table_full";
        case AttachFailure::kLimit:
            return "limit";
        case AttachFailure::kOther:
            return "other";
    }
    return {};
}

constexpr std::string_view label_of(PodWatchFailure member) {
    switch (member) {
        case PodWatchFailure::kUnreachable:
            return "unreachable";
        case PodWatchFailure::kDenied:
            return "denied";
        case PodWatchFailure::kStatus:
            return "status";
        case PodWatchFailure::kMalformed:
            return "malformed";
        case PodWatchFailure::kCredentials:
            return "credentials";
    }
    return {};
}

// All 0 if the API server is not used.
struct PodWatchStats {
    Tally<PodWatchFailure> failures;
    std::size_t pods = 0;  // known to be on the node
};

// The kernel's counters of one probe. events = received + lost + those still in the buffers. An event does
// not contain its probe, so `received` is known only as a total.
struct ProbeStats {
    std::string probe;
    std::uint64_t hits = 0;
    std::uint64_t events = 0;             // records it had to send
    Tally<LostReason> lost = {};          // without kMalformed, which is found here and not in the kernel
    std::uint64_t ids_unreadable = 0;     // events with an id that could not be read
    std::uint64_t hits_unattributed = 0;  // ignored: the running Python thread was not found

    ProbeStats& operator+=(const ProbeStats& more);
};

// Why a target was planned again while it was attached to.
enum class ReplanReason : std::uint8_t {
    kChanged,  // a sign of change was seen
    kRoutine,  // the last plan was old
};

constexpr std::string_view label_of(ReplanReason member) {
    return member == ReplanReason::kChanged ? "changed" : member == ReplanReason::kRoutine ? "routine" : "";
}

// Of a profile's point, for all targets together.
struct PointStats {
    std::string profile;
    std::string point;
    std::uint64_t executions = 0;
    std::uint64_t contradictions = 0;  // targets in which its functions ran, but no execution was seen
    std::uint64_t ids_unreadable = 0;  // executions with an id that could not be read
};

// Of forked copies of targets, by the profiles that fit the target.
struct CopyStats {
    std::string profile;
    std::uint64_t observed_late = 0;   // attached to some time after the fork
    std::uint64_t never_observed = 0;  // ended before that
    std::uint64_t unobserved_ns = 0;   // from the fork to the attach, of those observed late
};

// How full the tables of fixed size are.
struct TableStats {
    std::uint64_t events_buffer_bytes = 0;
    std::uint64_t events_buffer_used_bytes = 0;  // maximum within the last minutes
    std::uint64_t most_open_executions = 0;
    std::uint64_t open_executions = 0;  // entries; some may yet turn out not to be executions
};

// Totals since the daemon started, never differences. For targets and points: their current number.
struct CollectorStats {
    std::vector<ProbeStats>
        probes;  // every probe that ever existed, also at 0; those with equal names are added up
    std::uint64_t events_received = 0;
    Tally<LostReason> events_lost;
    Tally<TargetState> targets;
    Tally<PointState> points;                  // of all attached targets
    std::vector<PointStats> point_executions;  // also at 0
    std::vector<CopyStats> copies;             // also at 0
    Tally<PointReduction> points_reduced;
    double target_overhead_seconds = 0;  // CPU time that probes added to targets
    Tally<AttachFailure> attach_failures;
    Tally<ReplanReason> looks;
    std::uint64_t functions_run_unobserved = 0;    // had run when they were found, after the attach
    std::uint64_t subinterpreters_unobserved = 0;  // ended before a profile's function was found in them
    std::uint64_t log_lines_dropped = 0;
    TableStats tables;
    PodWatchStats pod_watch;
    MachineFacts machine;  // from the self-test at start
    bool config_last_reload_successful = true;
    double config_last_reload_success_s = 0;  // Unix clock
};

}  // namespace flowtap

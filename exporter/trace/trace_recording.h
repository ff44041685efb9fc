// SPDX-License-Identifier: Apache-2.0
// Records single executions, which metrics only count, for a trace file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pipeline/outcome.h"

namespace flowtap {

// An execution, from its begin to its end or to the end of the recording.
struct TraceSpan {
    std::uint64_t token = 0;
    // As in its Started; if that is 0 and only one execution of its workflow is open, the token of that one.
    std::uint64_t workflow_token = 0;
    std::uint32_t tid = 0;          // thread it began on
    bool coroutine = false;         // may be suspended, and overlap others of its thread
    std::uint64_t begin_ns = 0;     // CLOCK_MONOTONIC
    std::uint64_t end_ns = 0;       // >= begin_ns
    std::optional<Status> status;   // nullopt: still active when the recording ended
    bool end_seen = true;           // false: it had ended by end_ns, at an unknown time
    bool on_critical_path = false;  // nodes: it bounded the wall time of its workflow execution
    std::string error_type;
    Identity identity;
};

// Takes outcomes and returns spans; no clock, no I/O.
class TraceRecording {
public:
    static constexpr std::size_t kMaxSpans = 500'000;

    explicit TraceRecording(std::size_t max_spans = kMaxSpans) : max_spans_(max_spans) {}

    void record(std::span<const Outcome> outcomes);

    // All recorded spans; executions that are still open end at now_ns, without a status.
    [[nodiscard]] std::vector<TraceSpan> finish(std::uint64_t now_ns) &&;
    // Number of executions that began after the limit was reached.
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
    void record(const Started& started);
    void record(const Ended& ended);
    void record(const Unpaired&) {}
    void record(const CriticalPath& path);
    void record(const PathUnknown&) {}
    [[nodiscard]] std::uint64_t only_open_workflow(const Identity& identity) const;

    std::size_t max_spans_;
    std::uint64_t left_out_ = 0;
    std::unordered_map<std::uint64_t, TraceSpan> open_;  // by token
    std::unordered_map<std::string, std::unordered_set<std::uint64_t>>
        workflows_;  // tokens of open ones, by id
    std::vector<TraceSpan> spans_;
    std::unordered_set<std::uint64_t> on_critical_path_;  // tokens
};

}  // namespace flowtap

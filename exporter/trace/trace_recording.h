// SPDX-License-Identifier: Apache-2.0
// Executions one by one, for a trace file: what metrics add up, kept apart.
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
    // As in its Started; where that does not know it and only one execution of its workflow is open, that
    // one.
    std::uint64_t workflow_token = 0;
    std::uint32_t tid = 0;          // thread it began on
    bool coroutine = false;         // may be suspended, and overlap others of its thread
    std::uint64_t begin_ns = 0;     // CLOCK_MONOTONIC
    std::uint64_t end_ns = 0;       // >= begin_ns
    std::optional<Status> status;   // none: still active when the recording ended
    bool end_seen = true;           // false: it had ended by end_ns, nobody knows when
    bool on_critical_path = false;  // nodes: it bounded the wall time of its workflow execution
    std::string error_type;
    Identity identity;
};

// Takes outcomes and gives spans: no clock, no input or output.
class TraceRecording {
public:
    static constexpr std::size_t kMaxSpans = 500'000;

    explicit TraceRecording(std::size_t max_spans = kMaxSpans) : max_spans_(max_spans) {}

    void enter(std::span<const Outcome> outcomes);

    // What was recorded; executions that are still open end at this time, without a status.
    [[nodiscard]] std::vector<TraceSpan> finish(std::uint64_t now_ns) &&;
    // Executions that began after the limit was reached.
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
    void enter(const Started& started);
    void enter(const Ended& ended);
    void enter(const Unpaired&) {}
    void enter(const CriticalPath& path);
    void enter(const PathUnknown&) {}
    [[nodiscard]] std::uint64_t only_open_workflow(const Identity& identity) const;

    std::size_t max_spans_;
    std::uint64_t left_out_ = 0;
    std::unordered_map<std::uint64_t, TraceSpan> open_;  // by token
    std::unordered_map<std::string, std::unordered_set<std::uint64_t>>
        workflows_;  // tokens of the open, by id
    std::vector<TraceSpan> spans_;
    std::unordered_set<std::uint64_t> on_critical_path_;  // tokens
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// Chrome's trace event format, which Perfetto (ui.perfetto.dev) and chrome://tracing can read.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>

#include "exporter/trace/trace_recording.h"

namespace flowtap {

// Data about the recording as a whole.
struct TraceInfo {
    std::string version;
    std::int32_t pid = 0;
    std::string executable;      // the file's name
    std::uint64_t begin_ns = 0;  // becomes time 0; spans that began before it have negative times
    std::uint64_t events_lost = 0;
    std::uint64_t left_out = 0;
};

// {"traceEvents": [..], "displayTimeUnit": "ms", "otherData": {..}}. A span is either one complete event
// ("X") on the track of its thread, or a pair of async events ("b", "e"): the latter for coroutines, on
// tracks of their workflow execution, and for spans that overlap others of their thread. "cat" is workflow or
// node, or execution for a pair; "args" holds ids, type, status ("active" if it had not ended) and error
// type. Times are microseconds with three decimals.
void write_trace(std::ostream& out, const TraceInfo& info, std::span<const TraceSpan> spans);

// What is said when it is written.
std::string trace_summary(const std::string& path, std::size_t executions, const TraceInfo& info);

}  // namespace flowtap

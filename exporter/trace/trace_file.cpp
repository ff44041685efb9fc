// SPDX-License-Identifier: Apache-2.0
#include "exporter/trace/trace_file.h"

#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "base/plural.h"
#include "exporter/metrics/tally.h"
#include "exporter/trace/trace_lanes.h"

namespace flowtap {
namespace {

using TraceJson = nlohmann::ordered_json;

// Writes one event per line, separated by commas.
class Writer {
public:
    Writer(std::ostream& out, const TraceInfo& info) : out_(out), info_(info) {
        out_ << "{\"traceEvents\": [";
    }

    void thread(std::uint32_t tid, const Lane& lane);
    void async(const std::string& id, const Lane& lane);
    void names(const std::map<std::uint32_t, std::vector<const TraceSpan*>>& threads);
    void finish();

private:
    [[nodiscard]] double microseconds(std::uint64_t time_ns) const {
        return static_cast<double>(static_cast<std::int64_t>(time_ns - info_.begin_ns)) / 1000;
    }
    [[nodiscard]] TraceJson event(const TraceSpan& span, const char* phase, std::uint64_t time_ns) const;
    void end_async(const std::string& id, const TraceSpan& span);
    void put(const TraceJson& event) {
        // Text from a target need not be UTF-8.
        out_ << (first_ ? "\n" : ",\n") << event.dump(-1, ' ', false, TraceJson::error_handler_t::replace);
        first_ = false;
    }

    std::ostream& out_;
    const TraceInfo& info_;
    bool first_ = true;
};

TraceJson arguments_of(const TraceSpan& span) {
    TraceJson arguments;
    if (const auto* node = std::get_if<NodeIdentity>(&span.identity)) {
        arguments["workflow_id"] = node->workflow_id;
        arguments["node_id"] = node->node_id;
        arguments["node_type"] = node->node_type;
    } else {
        arguments["workflow_id"] = std::get<WorkflowIdentity>(span.identity).workflow_id;
    }
    arguments["status"] = span.status ? label_of(*span.status) : "active";
    if (!span.error_type.empty()) arguments["error_type"] = span.error_type;
    if (!span.end_seen) arguments["end"] = "not seen";
    if (span.on_critical_path) arguments["critical_path"] = true;
    return arguments;
}

bool is_node(const TraceSpan& span) { return std::holds_alternative<NodeIdentity>(span.identity); }

std::string name_of(const TraceSpan& span) {
    const auto* node = std::get_if<NodeIdentity>(&span.identity);
    return node == nullptr ? std::get<WorkflowIdentity>(span.identity).workflow_id : node->node_id;
}

TraceJson Writer::event(const TraceSpan& span, const char* phase, std::uint64_t time_ns) const {
    return {{"ph", phase},      {"name", name_of(span)}, {"cat", is_node(span) ? "node" : "workflow"},
            {"pid", info_.pid}, {"tid", span.tid},       {"ts", microseconds(time_ns)}};
}

void Writer::thread(std::uint32_t tid, const Lane& lane) {
    for (const TraceSpan* span : lane) {
        TraceJson complete = event(*span, "X", span->begin_ns);
        complete["tid"] = tid;
        complete["dur"] = static_cast<double>(span->end_ns - span->begin_ns) / 1000;
        complete["args"] = arguments_of(*span);
        put(complete);
    }
}

void Writer::end_async(const std::string& id, const TraceSpan& span) {
    TraceJson end = event(span, "e", span.end_ns);
    end["cat"] = "execution";
    end["id"] = id;
    put(end);
}

// Viewers match begins and ends with the same id like brackets, so an inner end must precede the next begin.
void Writer::async(const std::string& id, const Lane& lane) {
    Lane open;
    for (const TraceSpan* span : lane) {
        for (; !open.empty() && open.back()->end_ns <= span->begin_ns; open.pop_back())
            end_async(id, *open.back());
        TraceJson begin = event(*span, "b", span->begin_ns);
        begin["cat"] = "execution";
        begin["id"] = id;
        begin["args"] = arguments_of(*span);
        put(begin);
        open.push_back(span);
    }
    for (; !open.empty(); open.pop_back()) end_async(id, *open.back());
}

void Writer::names(const std::map<std::uint32_t, std::vector<const TraceSpan*>>& threads) {
    put({{"ph", "M"}, {"name", "process_name"}, {"pid", info_.pid}, {"args", {{"name", info_.executable}}}});
    for (const auto& [tid, spans] : threads) {
        put({{"ph", "M"},
             {"name", "thread_name"},
             {"pid", info_.pid},
             {"tid", tid},
             {"args", {{"name", "thread " + std::to_string(tid)}}}});
    }
}

void Writer::finish() {
    const TraceJson other = {
        {"flowtap", info_.version}, {"events_lost", info_.events_lost}, {"left_out", info_.left_out}};
    out_ << "\n],\n\"displayTimeUnit\": \"ms\",\n\"otherData\": " << other.dump() << "}\n";
}

}  // namespace

std::string trace_summary(const std::string& path, std::size_t executions, const TraceInfo& info) {
    std::string text = "wrote " + path + ": " + counted(executions, "execution") + ", " +
                       counted(info.events_lost, "event") + " lost";
    if (info.left_out > 0)
        text += ", " + counted(info.left_out, "execution") + " left out: the recording was full";
    return text;
}

void write_trace(std::ostream& out, const TraceInfo& info, std::span<const TraceSpan> spans) {
    std::map<std::uint32_t, std::vector<const TraceSpan*>> threads;
    std::map<std::uint64_t, std::vector<const TraceSpan*>> workflows;  // by token of the outermost known
    for (const TraceSpan& span : spans) {
        if (!span.coroutine) {
            threads[span.tid].push_back(&span);
        } else {
            workflows[span.workflow_token == 0 ? span.token : span.workflow_token].push_back(&span);
        }
    }
    Writer writer(out, info);
    writer.names(threads);
    for (auto& [tid, of_thread] : threads) {
        const std::vector<Lane> lanes = lanes_of(std::move(of_thread));
        writer.thread(tid, lanes.front());
        for (std::size_t i = 1; i < lanes.size(); ++i)
            writer.async("thread " + std::to_string(tid) + "." + std::to_string(i), lanes[i]);
    }
    for (auto& [token, of_workflow] : workflows) {
        const std::vector<Lane> lanes = lanes_of(std::move(of_workflow));
        for (std::size_t i = 0; i < lanes.size(); ++i)
            writer.async(std::to_string(token) + "." + std::to_string(i), lanes[i]);
    }
    writer.finish();
}

}  // namespace flowtap

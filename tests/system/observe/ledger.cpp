// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include <array>
#include <map>
#include <sstream>
#include <string_view>

namespace flowtap::system_test {
namespace {

constexpr const char* kWithoutWorkflow = "node_without_workflow";

constexpr std::array<const char*, 4> kEnds = {"success", "failed", "cancelled", "aborted"};

// Series, as text, to its count; those at 0 left out: an exporter shows them and a ledger need not.
using Counts = std::map<std::string, double>;

void add(Counts& counts, const std::string& name, const Labels& labels, double count) {
    if (count != 0) counts[to_text(name, labels)] += count;
}

// Labels show control characters as \xNN.
std::string as_label(const std::string& text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string label;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte >= 0x20 && byte != 0x7f) {
            label += letter;
        } else {
            label += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
        }
    }
    return label;
}

void add_workflow(Counts& counts, const std::string& raw_id, const Ledger& row) {
    const std::string id = as_label(raw_id);
    for (const char* status : {"started", "success", "failed", "cancelled"})
        add(counts, "workflow_executions_total", {{"workflow_id", id}, {"status", status}}, row.at(status));
    add(counts, "workflow_duration_seconds_count", {{"workflow_id", id}}, row.at("success"));
    add(counts, "workflow_executions_total", {{"workflow_id", id}, {"status", "aborted"}},
        row.value("aborted", 0));
    for (const char* status : {"success", "failed", "cancelled", "aborted"})
        add(counts, "workflow_latency_seconds_count", {}, row.value(status, 0));
}

void add_node(Counts& counts, const Ledger& row) {
    Labels labels;
    for (const char* key : {"workflow_id", "node_id", "node_type", "status"})
        labels[key] = as_label(row.at(key));
    add(counts, "workflow_node_executions_total", labels, row.at("count"));
    if (labels["status"] != "started")
        add(counts, "workflow_node_duration_seconds_count", labels, row.at("count"));
}

void add_error(Counts& counts, const Ledger& row) {
    Labels labels;
    for (const char* key : {"workflow_id", "node_id", "error_type"}) labels[key] = as_label(row.at(key));
    add(counts, "workflow_errors_total", labels, row.at("count"));
}

Counts expected(const Ledger& ledger) {
    Counts counts;
    for (const auto& [id, row] : ledger.at("workflows").items()) add_workflow(counts, id, row);
    for (const Ledger& row : ledger.at("nodes")) add_node(counts, row);
    for (const Ledger& row : ledger.at("errors")) add_error(counts, row);
    if (ledger.contains("nodes_without_workflow"))
        add(counts, "flowtap_executions_unpaired_total", {{"reason", kWithoutWorkflow}},
            ledger.at("nodes_without_workflow"));
    return counts;
}

bool is_counted(const std::string& name) {
    for (const char* counted :
         {"workflow_executions_total", "workflow_duration_seconds_count", "workflow_latency_seconds_count",
          "workflow_node_executions_total", "workflow_node_duration_seconds_count", "workflow_errors_total",
          "flowtap_events_lost_total", "flowtap_executions_unpaired_total",
          "flowtap_series_overflow_total"}) {
        if (name == counted) return true;
    }
    return false;
}

// When one node fails, its workflow is over, and whether another begins just before or just after that is
// a matter of time: where the ledger does not say, nothing is expected.
bool depends_on_time(const Sample& sample, const Ledger& ledger) {
    return sample.labels.contains("reason") && sample.labels.at("reason") == kWithoutWorkflow &&
           !ledger.contains("nodes_without_workflow");
}

Counts measured(const Exposition& metrics, const Ledger& ledger) {
    Counts counts;
    for (const Sample& sample : metrics.samples()) {
        if (is_counted(sample.name) && !depends_on_time(sample, ledger))
            add(counts, sample.name, sample.labels, sample.value);
    }
    return counts;
}

double count_of(const std::string& series, const Counts& counts) {
    const auto found = counts.find(series);
    return found == counts.end() ? 0 : found->second;
}

testing::AssertionResult equal(const Counts& measured, const Counts& expected) {
    if (expected.empty()) return testing::AssertionFailure() << "nothing was counted";
    std::ostringstream out;
    Counts all = measured;
    all.insert(expected.begin(), expected.end());
    for (const auto& [series, count] : all) {
        const double got = count_of(series, measured);
        const double wanted = count_of(series, expected);
        if (got != wanted) out << "\n  " << series << " is " << got << ", should be " << wanted;
    }
    if (out.str().empty()) return testing::AssertionSuccess() << "all " << expected.size() << " are equal";
    return testing::AssertionFailure() << out.str();
}

// What the identity does not account for, per started execution of the counter.
std::string unaccounted(const Exposition& metrics, const std::string& counter, const std::string& gauge) {
    std::ostringstream out;
    for (const Sample& started : metrics.samples()) {
        if (started.name != counter || started.labels.at("status") != "started") continue;
        Labels labels = started.labels;
        labels.erase("status");
        double accounted = metrics.sum(gauge, labels);
        for (const char* status : kEnds) {
            labels["status"] = status;
            accounted += metrics.sum(counter, labels);
        }
        if (accounted == started.value) continue;
        out << "\n  " << to_text(counter, started.labels) << " is " << started.value << ", the rest makes "
            << accounted;
    }
    return out.str();
}

}  // namespace

testing::AssertionResult agrees(const Exposition& metrics, const Ledger& ledger) {
    return equal(measured(metrics, ledger), expected(ledger));
}

testing::AssertionResult same_counts(const Ledger& one, const Ledger& other) {
    return equal(expected(one), expected(other));
}

Ledger sum_of(const std::vector<Ledger>& ledgers) {
    Ledger sum = {{"workflows", Ledger::object()}, {"nodes", Ledger::array()}, {"errors", Ledger::array()}};
    for (const Ledger& ledger : ledgers) {
        for (const char* rows : {"nodes", "errors"})
            for (const Ledger& row : ledger.at(rows)) sum[rows].push_back(row);
        for (const auto& [id, row] : ledger.at("workflows").items()) {
            Ledger& total = sum["workflows"][id];
            if (total.is_null()) total = Ledger::object();
            for (const char* status : {"started", "success", "failed", "cancelled", "aborted"})
                total[status] = total.value(status, 0) + row.value(status, 0);
        }
    }
    return sum;
}

testing::AssertionResult identity_holds(const Exposition& metrics) {
    if (!metrics.has("workflow_node_executions_total"))
        return testing::AssertionFailure() << "no executions yet";
    const std::string found =
        unaccounted(metrics, "workflow_executions_total", "workflow_executions_active") +
        unaccounted(metrics, "workflow_node_executions_total", "workflow_node_executions_active");
    if (!found.empty()) return testing::AssertionFailure() << found;
    const double parts = metrics.sum("workflow_executions_active");
    const double whole = metrics.sum("active_workflows");
    if (parts == whole) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "active_workflows is " << whole << ", its parts make " << parts;
}

testing::AssertionResult no_event_vanished(const Exposition& metrics) {
    const double sent = metrics.sum("flowtap_probe_events_total");
    const double received = metrics.sum("flowtap_events_received_total");
    const double lost = metrics.sum("flowtap_events_lost_total");
    if (sent > 0 && sent == received + lost) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "the kernel had " << sent << " events; received " << received << ", lost " << lost;
}

double unpaired_executions(const Exposition& metrics) {
    return metrics.sum("flowtap_executions_unpaired_total") -
           metrics.sum("flowtap_executions_unpaired_total", {{"reason", kWithoutWorkflow}});
}

}  // namespace flowtap::system_test

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include "exporter/metrics/metrics.h"
#include "exporter/metrics/process_stats.h"
#include "samples.h"

namespace flowtap::collector_metrics_test {
namespace {

using namespace test;

void expected_of_the_machine(const Families& families) {
    for (const KernelMechanism mechanism : kKernelMechanisms) {
        const char* name = mechanism_name(mechanism);
        EXPECT_EQ(value_of(families, "flowtap_mechanism_available", {{"mechanism", name}}), 0) << name;
    }
    for (const char* kind : {"emulated", "single_stepped", "hardware_watch"})
        EXPECT_EQ(value_of(families, "flowtap_probe_price_seconds", {{"kind", kind}}), 0) << kind;
}

TEST(CollectorMetrics, TellWhatWorksOnThisMachineAndWhatItCosts) {
    CollectorStats stats;
    stats.machine.proofs = {proof_of_hits(KernelMechanism::kEmulatedUprobe, 9, 9),
                            proof_of_hits(KernelMechanism::kWriteWatch, 0, 9)};
    stats.machine.prices.emulated = 5.3e-6;
    Metrics metrics({});
    metrics.update(stats);
    const auto families = collect(metrics, 0);
    const auto available = [&](const char* mechanism) {
        return value_of(families, "flowtap_mechanism_available", {{"mechanism", mechanism}});
    };
    EXPECT_EQ(available("emulated_uprobe"), 1);
    EXPECT_EQ(available("hardware_watch_write"), 0);
    EXPECT_EQ(value_of(families, "flowtap_probe_price_seconds", {{"kind", "emulated"}}), 5.3e-6);
    EXPECT_EQ(value_of(families, "flowtap_probe_price_seconds", {{"kind", "hardware_watch"}}), 0);
}

TEST(CollectorMetrics, AllExistAtZeroFromTheFirstScrape) {
    const auto families = collect(Metrics({}), 0);
    const std::pair<const char*, std::pair<const char*, std::vector<const char*>>> expected[] = {
        {"flowtap_targets", {"state", {"attached", "failed", "gone"}}},
        {"flowtap_points", {"state", {"exact", "inexact", "waiting", "unobserved"}}},
        {"flowtap_points_reduced", {"reason", {"running_seconds", "complete", "dearest", "all"}}},
        {"flowtap_events_lost_total",
         {"reason", {"ring_buffer_full", "open_map_full", "open_map_share", "end_buffer_full", "malformed"}}},
        {"flowtap_executions_unpaired_total",
         {"reason",
          {"end_without_begin", "left_without_return", "in_flight_at_attach", "too_many_open",
           "unknown_point", "left_at_detach", "node_without_workflow", "failed_late"}}},
        {"flowtap_attach_failures_total",
         {"reason",
          {"process_gone", "copy_gone", "no_profile", "unsupported_interpreter", "no_site", "permission",
           "kernel", "table_full", "limit", "other"}}},
        {"flowtap_target_looks_total", {"reason", {"changed", "routine"}}},
        {"flowtap_kubernetes_api_failures_total",
         {"reason", {"unreachable", "denied", "status", "malformed", "credentials"}}},
        {"flowtap_series_overflow_total",
         {"metric",
          {"workflow_executions_total", "workflow_node_executions_total", "workflow_errors_total",
           "workflow_critical_path_seconds_total"}}},
        {"flowtap_critical_paths_unknown_total",
         {"reason", {"too_many_nodes", "node_unattributed", "end_not_seen", "events_lost"}}},
    };
    expected_of_the_machine(families);
    for (const auto& [name, dimension] : expected) {
        ASSERT_NE(find_family(families, name), nullptr) << name;
        EXPECT_EQ(find_family(families, name)->metric.size(), dimension.second.size()) << name;
        for (const char* value : dimension.second) {
            EXPECT_EQ(value_of(families, name, {{dimension.first, value}}), 0) << name << " " << value;
        }
    }
    EXPECT_EQ(value_of(families, "flowtap_events_received_total"), 0);
    EXPECT_EQ(value_of(families, "flowtap_functions_run_unobserved_total"), 0);
    EXPECT_EQ(value_of(families, "flowtap_subinterpreters_unobserved_total"), 0);
    EXPECT_EQ(value_of(families, "flowtap_config_last_reload_successful"), 1);
    EXPECT_EQ(value_of(families, "flowtap_kubernetes_pods"), 0);
    EXPECT_EQ(value_of(families, "flowtap_target_overhead_seconds_total"), 0);
    EXPECT_EQ(value_of(families, "active_workflows"), 0);
    for (const char* name :
         {"flowtap_probe_hits_total", "flowtap_probe_hits_unattributed_total", "flowtap_probe_events_total",
          "flowtap_probe_events_lost_total", "flowtap_probe_ids_unreadable_total"}) {
        EXPECT_NE(find_family(families, name), nullptr) << name;
    }
}

TEST(CollectorMetrics, EveryWorkflowMetricIsDeclaredBeforeAnythingRan) {
    const auto families = collect(Metrics({}), 0);
    for (const char* name :
         {"workflow_executions_total", "workflow_duration_seconds", "active_workflows",
          "workflow_latency_seconds", "workflow_node_executions_total", "workflow_node_duration_seconds",
          "workflow_executions_active", "workflow_node_executions_active", "workflow_errors_total",
          "workflow_oldest_active_seconds"}) {
        EXPECT_NE(find_family(families, name), nullptr) << name;
    }
}

TEST(CollectorMetrics, ShowTheLatestStatistics) {
    Metrics metrics({.version = "1.2.3"});
    CollectorStats stats;
    stats.events_received = 7;
    metrics.update(stats);
    stats.probes = {{.probe = "node", .hits = 3}, {.probe = "workflow"}, {.probe = "node", .hits = 4}};
    stats.events_received = 9;
    stats.events_lost[LostReason::kEndBufferFull] = 2;
    stats.targets[TargetState::kGone] = 1;
    stats.points_reduced[PointReduction::kMostExpensive] = 3;
    stats.target_overhead_seconds = 1.5;
    stats.attach_failures[AttachFailure::kOther] = 5;
    stats.functions_run_unobserved = 9;
    stats.subinterpreters_unobserved = 6;
    stats.pod_watch.failures[PodWatchFailure::kDenied] = 6;
    stats.pod_watch.pods = 11;
    stats.config_last_reload_successful = false;
    stats.config_last_reload_success_s = 1234.5;
    metrics.update(stats);

    const auto families = collect(metrics, 0);
    EXPECT_EQ(value_of(families, "flowtap_build_info", {{"version", "1.2.3"}}), 1);
    EXPECT_EQ(value_of(families, "flowtap_probe_hits_total", {{"probe", "node"}}), 7);
    EXPECT_EQ(value_of(families, "flowtap_probe_hits_total", {{"probe", "workflow"}}), 0);
    EXPECT_EQ(value_of(families, "flowtap_events_received_total"), 9);
    EXPECT_EQ(value_of(families, "flowtap_events_lost_total", {{"reason", "end_buffer_full"}}), 2);
    EXPECT_EQ(value_of(families, "flowtap_targets", {{"state", "gone"}}), 1);
    EXPECT_EQ(value_of(families, "flowtap_kubernetes_api_failures_total", {{"reason", "denied"}}), 6);
    EXPECT_EQ(value_of(families, "flowtap_kubernetes_pods"), 11);
    EXPECT_EQ(value_of(families, "flowtap_points_reduced", {{"reason", "dearest"}}), 3);
    EXPECT_EQ(value_of(families, "flowtap_target_overhead_seconds_total"), 1.5);
    EXPECT_EQ(value_of(families, "flowtap_attach_failures_total", {{"reason", "other"}}), 5);
    EXPECT_EQ(value_of(families, "flowtap_functions_run_unobserved_total"), 9);
    EXPECT_EQ(value_of(families, "flowtap_subinterpreters_unobserved_total"), 6);
    EXPECT_EQ(value_of(families, "flowtap_config_last_reload_successful"), 0);
    EXPECT_EQ(value_of(families, "flowtap_config_last_reload_success_timestamp_seconds"), 1234.5);
}

TEST(CollectorMetrics, ShowWhatTheKernelCountedByProbe) {
    Metrics metrics({});
    CollectorStats stats;
    ProbeStats probe{.probe = "node", .hits = 9, .events = 8, .ids_unreadable = 3, .hits_unattributed = 1};
    probe.lost[LostReason::kRingBufferFull] = 2;
    stats.probes = {probe, probe, {.probe = "quiet"}};
    metrics.update(stats);

    const auto families = collect(metrics, 0);
    const auto of = [&](const std::string& name, LabelMap labels) {
        return value_of(families, "flowtap_probe_" + name, labels);
    };
    EXPECT_EQ(of("events_total", {{"probe", "node"}}), 16);
    EXPECT_EQ(of("ids_unreadable_total", {{"probe", "node"}}), 6);
    EXPECT_EQ(of("hits_unattributed_total", {{"probe", "node"}}), 2);
    EXPECT_EQ(of("hits_unattributed_total", {{"probe", "quiet"}}), 0);
    EXPECT_EQ(of("events_lost_total", {{"probe", "node"}, {"reason", "ring_buffer_full"}}), 4);
    EXPECT_EQ(of("events_lost_total", {{"probe", "quiet"}, {"reason", "end_buffer_full"}}), 0);
    EXPECT_EQ(find_family(families, "flowtap_probe_events_lost_total")->metric.size(), 8U)
        << "a malformed record is of no known probe";
}

TEST(ProcessMetrics, DescribeThisProcess) {
    const auto families = collect(Metrics({}), 0);
    const double start = value_of(families, "process_start_time_seconds").value();
    const auto now = static_cast<double>(::time(nullptr));
    EXPECT_LE(start, now + 2);
    EXPECT_GT(start, now - 3600 * 24);
    const double resident = value_of(families, "process_resident_memory_bytes").value();
    EXPECT_GT(resident, 1 << 16);
    EXPECT_GT(value_of(families, "process_virtual_memory_bytes").value(), resident);
    EXPECT_GE(value_of(families, "process_open_fds").value(), 3);
    EXPECT_GE(value_of(families, "process_max_fds"), value_of(families, "process_open_fds"));
    EXPECT_GE(value_of(families, "process_cpu_seconds_total").value(), 0);
}

TEST(ProcessMetrics, AreAnErrorWhereProcIsNotReadable) {
    const auto stats = read_process_stats("/nonexistent");
    ASSERT_FALSE(stats);
    EXPECT_EQ(stats.error().subject, "/nonexistent/self/stat");
}

TEST(TextFormat, WritesASummaryWithoutQuantilesAndEscapesLabels) {
    Metrics metrics({});
    const Outcome outcomes[] = {started(1, workflow("a\"b\\c\nd")),
                                ended(1, workflow("a\"b\\c\nd"), Status::kSuccess, 2 * kSecond)};
    metrics.fold(outcomes);
    const std::string text = metrics.expose(ScrapeFormat::kText, {});
    EXPECT_NE(text.find("# TYPE workflow_latency_seconds summary\n"), std::string::npos);
    EXPECT_NE(text.find("\nworkflow_latency_seconds_count 1\n"), std::string::npos);
    EXPECT_NE(text.find("\nworkflow_latency_seconds_sum 2\n"), std::string::npos);
    EXPECT_EQ(text.find("quantile"), std::string::npos);
    EXPECT_NE(text.find(R"(workflow_executions_active{workflow_id="a\"b\\c\nd"} 0)"), std::string::npos);
    EXPECT_NE(text.find(R"(workflow_duration_seconds_bucket{workflow_id="a\"b\\c\nd",le="+Inf"} 1)"),
              std::string::npos);
}

TEST(CollectorMetrics, CountExecutionsByPoint) {
    CollectorStats stats;
    stats.point_executions = {{"kailash", "node", 7, 0, 3}, {"mine", "node", 0, 2, 0}};
    Metrics metrics({});
    metrics.update(stats);
    const auto families = collect(metrics, 0);
    const auto of = [&](const char* name, const char* profile) {
        return value_of(families, name, {{"profile", profile}, {"point", "node"}});
    };
    EXPECT_EQ(of("flowtap_point_executions_total", "kailash"), 7);
    EXPECT_EQ(of("flowtap_point_executions_total", "mine"), 0);
    EXPECT_EQ(of("flowtap_point_contradictions_total", "kailash"), 0);
    EXPECT_EQ(of("flowtap_point_contradictions_total", "mine"), 2);
    EXPECT_EQ(of("flowtap_point_ids_unreadable_total", "kailash"), 3);
    EXPECT_EQ(of("flowtap_point_ids_unreadable_total", "mine"), 0);
}

TEST(CollectorMetrics, CountCopiesByProfile) {
    CollectorStats stats;
    stats.copies = {{"rq", 7, 3, 1'500'000'000}, {"mine", 0, 0, 0}};
    Metrics metrics({});
    metrics.update(stats);
    const auto families = collect(metrics, 0);
    const auto of = [&](const char* profile, const char* observed) {
        return value_of(families, "flowtap_copies_total", {{"profile", profile}, {"observed", observed}});
    };
    EXPECT_EQ(of("rq", "late"), 7);
    EXPECT_EQ(of("rq", "never"), 3);
    EXPECT_EQ(of("mine", "late"), 0);
    EXPECT_EQ(value_of(families, "flowtap_copies_unobserved_seconds_total", {{"profile", "rq"}}), 1.5);
}

TEST(CollectorMetrics, TellHowFullTheTablesAre) {
    CollectorStats stats;
    stats.tables = {.events_buffer_bytes = 8192,
                    .events_buffer_used_bytes = 512,
                    .most_open_executions = 100,
                    .open_executions = 3};
    Metrics metrics({});
    metrics.update(stats);
    const auto families = collect(metrics, 0);
    EXPECT_EQ(value_of(families, "flowtap_events_buffer_size_bytes", {}), 8192);
    EXPECT_EQ(value_of(families, "flowtap_events_buffer_used_bytes", {}), 512);
    EXPECT_EQ(value_of(families, "flowtap_max_open_executions", {}), 100);
    EXPECT_EQ(value_of(families, "flowtap_open_executions", {}), 3);
}

}  // namespace
}  // namespace flowtap::collector_metrics_test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/http/listen_address.h"
#include "exporter/metrics/histogram.h"
#include "exporter/metrics/target_labels.h"
#include "kubernetes/cluster_access.h"
#include "plan/wishes.h"

namespace flowtap {

// The options of `flowtap run`. run_option_table.h has their syntax.
struct RunOptions {
    std::vector<pid_t> pids;
    std::vector<std::string> matches;  // regular expressions over the command line
    bool all = false;
    bool no_running_seconds = false;    // leave out the running time of asynchronous nodes
    std::vector<std::string> profiles;  // files
    ListenAddress listen;
    std::string web_config_file;  // empty: none
    bool web_enable_lifecycle = false;
    Preference preference = Preference::kCheap;
    std::optional<double> max_overhead = 0.05;  // share of a target's own CPU time; nullopt: no limit
    bool attach_on_use = false;                 // attach only once an object of a class with points exists

    // Sizes of BPF maps; see BpfObject::Options.
    std::uint32_t events_buffer_bytes = 8u << 20;
    std::uint32_t max_open_executions = 65536;

    // Options for metrics; see MetricsConfig.
    std::vector<double> buckets;  // seconds; empty: the default ones
    std::optional<int> native_histograms = HistogramShape().native_schema;
    std::vector<double> latency_quantiles;
    std::uint64_t series_expiry_s = 3600;
    std::size_t series_limit = 10'000;
    std::vector<TargetLabel> target_labels;

    // Access to the API server for names of pods.
    bool kubernetes_api = false;
    std::string kubernetes_node;  // empty: node_name()
    std::string kubernetes_credentials = kServiceAccountDirectory;

    [[nodiscard]] PlanWishes wishes() const { return {preference, attach_on_use}; }
};

}  // namespace flowtap

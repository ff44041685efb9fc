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
#include "profile/profile.h"

namespace flowtap {

// What `flowtap run` is to do; run_option_table.h says how each of these is written.
struct RunOptions {
    std::vector<pid_t> pids;
    std::vector<std::string> matches;  // regular expressions over the command line
    bool all = false;
    bool no_running_seconds = false;    // not to tell the time nodes run from the time they are suspended
    std::vector<std::string> profiles;  // files
    ListenAddress listen;
    std::string web_config_file;  // empty: none
    bool web_enable_lifecycle = false;
    Preference preference = Preference::kCheap;
    std::optional<double> max_overhead = 0.05;  // as a share of a target's own CPU time; nullopt: any
    bool attach_on_use = false;  // no probes before there is an object of a class that has points

    // Sizes of what is kept in the kernel; see BpfObject::Options.
    std::uint32_t events_buffer_bytes = 8u << 20;
    std::uint32_t max_open_executions = 65536;

    // Of the metrics; see MetricsConfig.
    std::vector<double> buckets;  // seconds; empty: the default ones
    std::optional<int> native_histograms = HistogramShape().native_schema;
    std::vector<double> latency_quantiles;
    std::uint64_t series_expiry_s = 3600;
    std::size_t series_limit = 10'000;
    std::vector<TargetLabel> target_labels;

    // Where a pod's name comes from.
    bool kubernetes_api = false;
    std::string kubernetes_node;  // empty: node_name()
    std::string kubernetes_credentials = kServiceAccountDirectory;
};

}  // namespace flowtap

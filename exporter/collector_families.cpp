// SPDX-License-Identifier: Apache-2.0
#include "exporter/collector_families.h"

#include <map>
#include <utility>

#include "exporter/families.h"

namespace flowtap {

namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily build_info(const std::string& version) {
    MetricFamily family =
        make_family("flowtap_build_info", MetricType::Gauge, "1, labelled with the version.");
    add_value(family, {{"version", version}}, 1);
    return family;
}

MetricFamily probe_hits(const std::vector<ProbeHits>& probes) {
    std::map<std::string, std::uint64_t> hits;
    for (const auto& probe : probes) hits[probe.probe] += probe.hits;
    MetricFamily family = make_family("flowtap_probe_hits_total", MetricType::Counter,
                                      "Times each probe fired, counted in the kernel.");
    for (const auto& [probe, count] : hits) add_value(family, {{"probe", probe}}, static_cast<double>(count));
    return family;
}

template <typename Enum>
MetricFamily tally_family(std::string name, MetricType type, std::string help, const std::string& label,
                          const Tally<Enum>& tally) {
    MetricFamily family = make_family(std::move(name), type, std::move(help));
    add_tally(family, label, tally);
    return family;
}

}  // namespace

std::vector<MetricFamily> collector_families(const std::string& version, const CollectorStats& stats,
                                             const Tally<UnpairedReason>& unpaired,
                                             const Tally<BoundedMetric>& overflow) {
    return {
        build_info(version),
        tally_family("flowtap_targets", MetricType::Gauge, "Target processes by state.", "state",
                     stats.targets),
        probe_hits(stats.probes),
        make_counter("flowtap_events_received_total", "Events received from the kernel.",
                     static_cast<double>(stats.events_received)),
        tally_family("flowtap_events_lost_total", MetricType::Counter,
                     "Events lost, by where they were lost.", "reason", stats.events_lost),
        tally_family("flowtap_executions_unpaired_total", MetricType::Counter,
                     "Executions of which only the begin or only the end was seen.", "reason", unpaired),
        tally_family("flowtap_attach_failures_total", MetricType::Counter,
                     "Attachments that failed, by cause.", "reason", stats.attach_failures),
        tally_family(
            "flowtap_series_overflow_total", MetricType::Counter,
            "Executions or errors counted under _other because the metric's series limit was reached.",
            "metric", overflow),
        make_gauge("flowtap_config_last_reload_successful",
                   "Whether the last load of the configuration succeeded.",
                   stats.config_last_reload_successful ? 1 : 0),
    };
}

}  // namespace flowtap

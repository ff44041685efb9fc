// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/collector_families.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "exporter/exposition/families.h"

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

using Probes = std::map<std::string, ProbeStats>;

Probes by_name(const std::vector<ProbeStats>& probes) {
    Probes merged;
    for (const ProbeStats& probe : probes) merged[probe.probe] += probe;
    return merged;
}

MetricFamily probe_counter(const Probes& probes, std::string name, std::string help,
                           std::uint64_t ProbeStats::*count) {
    MetricFamily family = make_family(std::move(name), MetricType::Counter, std::move(help));
    for (const auto& [probe, stats] : probes)
        add_value(family, {{"probe", probe}}, static_cast<double>(stats.*count));
    return family;
}

MetricFamily probe_losses(const Probes& probes) {
    MetricFamily family = make_family("flowtap_probe_events_lost_total", MetricType::Counter,
                                      "Events lost in the kernel, by probe and by where they were lost.");
    for (const auto& [probe, stats] : probes) {
        const std::string& name = probe;
        stats.lost.for_each([&](LostReason reason, std::string_view label, std::uint64_t count) {
            if (reason == LostReason::kMalformed) return;
            add_value(family, {{"probe", name}, {"reason", std::string(label)}}, static_cast<double>(count));
        });
    }
    return family;
}

MetricFamily mechanisms(const MachineFacts& machine) {
    MetricFamily family = make_family("flowtap_mechanism_available", MetricType::Gauge,
                                      "Whether a mechanism was seen to work on this machine at the start: it "
                                      "fired as often as it was triggered.");
    for (const KernelMechanism mechanism : kKernelMechanisms)
        add_value(family, {{"mechanism", mechanism_name(mechanism)}}, machine.proven(mechanism) ? 1 : 0);
    return family;
}

MetricFamily prices(const Prices& prices) {
    MetricFamily family = make_family(
        "flowtap_probe_price_seconds", MetricType::Gauge,
        "CPU time that one hit costs a target, by kind of probe, measured at the start; 0: that kind does "
        "not work on this machine.");
    const auto add = [&](const char* kind, const std::optional<double>& price) {
        add_value(family, {{"kind", kind}}, price.value_or(0));
    };
    add("emulated", prices.emulated);
    add("single_stepped", prices.single_stepped);
    add("hardware_watch", prices.hardware_watch);
    return family;
}

MetricFamily point_counter(const std::vector<PointStats>& points, std::string name, std::string help,
                           std::uint64_t PointStats::*count) {
    MetricFamily family = make_family(std::move(name), MetricType::Counter, std::move(help));
    for (const PointStats& point : points) {
        add_value(family, {{"profile", point.profile}, {"point", point.point}},
                  static_cast<double>(point.*count));
    }
    return family;
}

MetricFamily copies(const std::vector<CopyStats>& copies) {
    MetricFamily family = make_family(
        "flowtap_copies_total", MetricType::Counter,
        "Forked copies of targets that were observed some time after the fork, or never, because they ended "
        "before that: what they executed until then is not counted.");
    for (const CopyStats& one : copies) {
        add_value(family, {{"profile", one.profile}, {"observed", "late"}},
                  static_cast<double>(one.observed_late));
        add_value(family, {{"profile", one.profile}, {"observed", "never"}},
                  static_cast<double>(one.never_observed));
    }
    return family;
}

MetricFamily copies_unobserved(const std::vector<CopyStats>& copies) {
    MetricFamily family =
        make_family("flowtap_copies_unobserved_seconds_total", MetricType::Counter,
                    "Time from the fork to the attach of copies of targets that were observed late.");
    for (const CopyStats& one : copies)
        add_value(family, {{"profile", one.profile}}, static_cast<double>(one.unobserved_ns) / 1e9);
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

ProbeStats& ProbeStats::operator+=(const ProbeStats& more) {
    hits += more.hits;
    events += more.events;
    lost += more.lost;
    ids_unreadable += more.ids_unreadable;
    hits_unattributed += more.hits_unattributed;
    return *this;
}

namespace {

std::vector<MetricFamily> target_families(const std::string& version, const CollectorStats& stats) {
    return {
        build_info(version),
        mechanisms(stats.machine),
        prices(stats.machine.prices),
        tally_family("flowtap_targets", MetricType::Gauge, "Target processes by state.", "state",
                     stats.targets),
        tally_family("flowtap_points", MetricType::Gauge,
                     "Points of profiles in the attached processes, by how much of their executions is seen.",
                     "state", stats.points),
        point_counter(stats.point_executions, "flowtap_point_executions_total",
                      "Executions that were seen to begin, by the point of a profile that saw them.",
                      &PointStats::executions),
        point_counter(stats.point_executions, "flowtap_point_contradictions_total",
                      "Targets in which functions of the point have run since the attach, while none of its "
                      "executions was seen: what ran there is missing.",
                      &PointStats::contradictions),
        point_counter(
            stats.point_executions, "flowtap_point_ids_unreadable_total",
            "Executions with an id that could not be read from the memory of the target, by the point "
            "of a profile that names it.",
            &PointStats::ids_unreadable),
        tally_family(
            "flowtap_points_reduced", MetricType::Gauge,
            "Points of attached processes that have a cheaper mechanism or none, because probes cost "
            "their process more than --max-overhead, by what was left out.",
            "reason", stats.points_reduced),
        make_counter("flowtap_target_overhead_seconds_total",
                     "CPU time that probes added to targets, estimated from their hits and from what a hit "
                     "was measured to cost on this machine.",
                     stats.target_overhead_seconds),
    };
}

std::vector<MetricFamily> event_families(const CollectorStats& stats) {
    const Probes probes = by_name(stats.probes);
    return {
        probe_counter(probes, "flowtap_probe_hits_total", "Times each probe fired, counted in the kernel.",
                      &ProbeStats::hits),
        probe_counter(probes, "flowtap_probe_hits_unattributed_total",
                      "Hits ignored because the state of the running Python thread was not found.",
                      &ProbeStats::hits_unattributed),
        probe_counter(probes, "flowtap_probe_events_total",
                      "Events each probe had to send: received, lost or on their way.", &ProbeStats::events),
        probe_losses(probes),
        probe_counter(probes, "flowtap_probe_ids_unreadable_total",
                      "Events with an id that could not be read from the memory of the target.",
                      &ProbeStats::ids_unreadable),
        make_counter("flowtap_events_received_total", "Events received from the kernel.",
                     static_cast<double>(stats.events_received)),
        tally_family("flowtap_events_lost_total", MetricType::Counter,
                     "Events lost, by where they were lost.", "reason", stats.events_lost),
        make_gauge("flowtap_events_buffer_size_bytes", "Size of the ring buffer (--events-buffer).",
                   static_cast<double>(stats.tables.events_buffer_bytes)),
        make_gauge("flowtap_events_buffer_used_bytes",
                   "Most of the ring buffer that waited to be read at once, within the last two minutes.",
                   static_cast<double>(stats.tables.events_buffer_used_bytes)),
        make_gauge("flowtap_max_open_executions",
                   "Size of the table of open executions (--max-open-executions).",
                   static_cast<double>(stats.tables.most_open_executions)),
        make_gauge("flowtap_open_executions",
                   "Entries of the table of open executions, counted every few seconds: executions, and "
                   "coroutines that may become one.",
                   static_cast<double>(stats.tables.open_executions)),
    };
}

std::vector<MetricFamily> shortfall_families(const CollectorStats& stats, const LedgerSnapshot& executions) {
    return {
        tally_family("flowtap_executions_unpaired_total", MetricType::Counter,
                     "Executions with only a begin or only an end seen.", "reason", executions.unpaired),
        tally_family("flowtap_critical_paths_unknown_total", MetricType::Counter,
                     "Successful workflow executions whose critical path is not known.", "reason",
                     executions.paths_unknown),
        tally_family("flowtap_attach_failures_total", MetricType::Counter,
                     "Attachments that failed, by cause.", "reason", stats.attach_failures),
        copies(stats.copies),
        copies_unobserved(stats.copies),
        tally_family(
            "flowtap_target_looks_total", MetricType::Counter,
            "Times an attached process was planned again: because something in it changed, or because "
            "the last plan was old and the process has run since.",
            "reason", stats.looks),
        make_counter(
            "flowtap_functions_run_unobserved_total",
            "Python functions that were found in targets after the attach (imported, defined or first used "
            "since) and had run by the time they were observed: what they ran before is not counted.",
            static_cast<double>(stats.functions_run_unobserved)),
        make_counter(
            "flowtap_subinterpreters_unobserved_total",
            "Python subinterpreters of targets that ended before any function of a profile was found in "
            "them: what they may have run is not counted.",
            static_cast<double>(stats.subinterpreters_unobserved)),
    };
}

std::vector<MetricFamily> daemon_families(const CollectorStats& stats, const LedgerSnapshot& executions) {
    return {
        make_counter("flowtap_log_lines_dropped_total",
                     "Log lines that were dropped because nobody read earlier ones in time.",
                     static_cast<double>(stats.log_lines_dropped)),
        tally_family("flowtap_kubernetes_api_failures_total", MetricType::Counter,
                     "Requests for this node's pods to the Kubernetes API server that failed, by cause.",
                     "reason", stats.pod_watch.failures),
        make_gauge("flowtap_kubernetes_pods", "Pods of this node, as listed by the Kubernetes API server.",
                   static_cast<double>(stats.pod_watch.pods)),
        tally_family(
            "flowtap_series_overflow_total", MetricType::Counter,
            "Executions or errors counted under _other because the metric's series limit was reached.",
            "metric", executions.overflow),
        tally_family("flowtap_series_expired_total", MetricType::Counter,
                     "Label sets dropped because their workflow was idle.", "metric", executions.expired),
        make_gauge("flowtap_config_last_reload_successful",
                   "Whether the last load of the configuration succeeded.",
                   stats.config_last_reload_successful ? 1 : 0),
        make_gauge("flowtap_config_last_reload_success_timestamp_seconds",
                   "When the configuration in use was loaded, in seconds since 1970.",
                   stats.config_last_reload_success_s),
    };
}

}  // namespace

std::vector<MetricFamily> collector_families(const std::string& version, const CollectorStats& stats,
                                             const LedgerSnapshot& executions) {
    std::vector<MetricFamily> all = target_families(version, stats);
    for (std::vector<MetricFamily> more :
         {event_families(stats), shortfall_families(stats, executions), daemon_families(stats, executions)})
        std::ranges::move(more, std::back_inserter(all));
    return all;
}

}  // namespace flowtap

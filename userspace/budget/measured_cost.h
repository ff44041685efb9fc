// SPDX-License-Identifier: Apache-2.0
// The measured cost of the probes in one process, and its output as text and JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "machine/prices.h"
#include "plan/probe_kind.h"

namespace flowtap {

struct ProbeUse {
    std::string probe;
    std::string group;  // the points that use the probe: see probe_groups.h
    ProbeKind kind = ProbeKind::kEmulated;
    std::uint64_t hits = 0;
    double others = 0;  // other targets with a probe at the instruction, as SiteHits
};

struct MeasuredCost {
    double seconds = 0;                      // length of the measurement
    std::optional<double> cpu_seconds = {};  // that the process used, including the probes
    Prices prices = {};
    std::vector<ProbeUse> probes = {};
};

// CPU time of a BPF program that ignores a hit: 0.16 to 0.32 us by kernel.bpf_stats_enabled. The measured
// prices are those of the trap alone.
inline constexpr double kProgramSeconds = 0.25e-6;

// CPU time that a target loses beside the hit itself, since the kernel's code and data replace its own in the
// caches: 0.2 to 1.0 us, which is what a hit cost the services of bench/service_cost.py beyond the trap and
// the program. The self-test's loops do not show it.
inline constexpr double kDisplacedSeconds = 0.6e-6;

// CPU time that each other target with a probe at the same instruction of the same file adds to a hit, since
// the kernel goes through all of them: 13 to 24 ns with uprobe_multi links, twice that with perf events
// (bench/probe_cost).
inline constexpr double kOtherTargetSeconds = 20e-9;

// Price of one hit at an instruction where `others` other targets have a probe. nullopt: not measured on this
// machine.
std::optional<double> hit_seconds(ProbeKind kind, const Prices& prices, double others);

// A table by mechanism, and below each mechanism by probe. Ends in a newline.
std::string to_text(const MeasuredCost& cost);
nlohmann::ordered_json to_json(const MeasuredCost& cost);

}  // namespace flowtap

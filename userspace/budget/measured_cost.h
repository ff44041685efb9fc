// SPDX-License-Identifier: Apache-2.0
// What the probes of one process were seen to cost it: a value, for people and for programs.
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
    std::string group;  // of the points that it is for: see probe_groups.h
    ProbeKind kind = ProbeKind::kEmulated;
    std::uint64_t hits = 0;
    double others = 0;  // as SiteHits
};

struct MeasuredCost {
    double seconds = 0;                      // for how long
    std::optional<double> cpu_seconds = {};  // that the process used in it, the probes included
    Prices prices = {};
    std::vector<ProbeUse> probes = {};
};

// What a BPF program takes to find that a hit is of nobody: 0.16 to 0.32 us by kernel.bpf_stats_enabled. The
// prices are those of the trap alone.
inline constexpr double kProgramSeconds = 0.25e-6;

// What it takes the kernel to pass over another target that has a probe at the same instruction of the same
// file: 13 to 24 ns by links of many uprobes, twice that by perf events (bench/probe_cost). No trap is in it.
inline constexpr double kOtherTargetSeconds = 20e-9;

// Of one hit, where so many other targets have a probe at the same instruction; nullopt: not measured on this
// machine.
std::optional<double> hit_seconds(ProbeKind kind, const Prices& prices, double others);

// Several lines, ends in a newline: by mechanism, and below each by probe.
std::string to_text(const MeasuredCost& cost);
nlohmann::ordered_json to_json(const MeasuredCost& cost);

}  // namespace flowtap

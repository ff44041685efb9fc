// SPDX-License-Identifier: Apache-2.0
#include "budget/measured_cost.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

namespace flowtap {
namespace {

struct Sum {
    std::uint64_t hits = 0;
    std::optional<double> seconds = 0.0;  // nullopt: a price is not known

    void add(const ProbeUse& use, const Prices& prices) {
        hits += use.hits;
        const std::optional<double> price = hit_seconds(use.kind, prices, use.others);
        if (use.hits == 0) return;
        seconds = price && seconds ? std::optional(*seconds + static_cast<double>(use.hits) * *price)
                                   : std::nullopt;
    }
};

struct Sums {
    Sum all;
    std::map<std::string, Sum> groups;
};

Sums sums_of(const MeasuredCost& cost) {
    Sums sums;
    for (const ProbeUse& use : cost.probes) {
        sums.all.add(use, cost.prices);
        sums.groups[use.group].add(use, cost.prices);
    }
    return sums;
}

// As a share of the process's own CPU time.
std::optional<double> share(const MeasuredCost& cost, const Sums& sums, const Sum& sum) {
    if (!cost.cpu_seconds || !sum.seconds || !sums.all.seconds) return std::nullopt;
    const double own = *cost.cpu_seconds - *sums.all.seconds;
    return own > 0 ? std::optional(*sum.seconds / own) : std::nullopt;
}

std::string percent(const std::optional<double>& share) {
    if (!share) return "not known";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f %%", 100 * *share);
    return text.data();
}

std::string line(const char* indent, const std::string& name, double hits, const std::string& cost) {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "%s%-44s %10.1f %12s\n", indent, name.c_str(), hits,
                  cost.c_str());
    return text.data();
}

const char* kind_name(ProbeKind kind) {
    switch (kind) {
        case ProbeKind::kEmulated:
            return "emulated";
        case ProbeKind::kSingleStepped:
            return "single_stepped";
        case ProbeKind::kWatch:
            return "hardware_watch";
    }
    return "unknown";
}

nlohmann::ordered_json json_of(const std::optional<double>& number) {
    return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json(nullptr);
}

}  // namespace

std::optional<double> hit_seconds(ProbeKind kind, const Prices& prices, double others) {
    const std::optional<double> trap = price_of(kind, prices);
    if (!trap) return std::nullopt;
    return *trap + kProgramSeconds + kDisplacedSeconds + others * kOtherTargetSeconds;
}

std::string to_text(const MeasuredCost& cost) {
    const Sums sums = sums_of(cost);
    std::array<char, 160> head{};
    std::snprintf(head.data(), head.size(), "measured for %.1f s: the process used %.3f s of CPU time\n",
                  cost.seconds, cost.cpu_seconds.value_or(0));
    std::string text = head.data();
    text += "  mechanism and probe                              hits/s     overhead\n";
    for (const auto& [group, sum] : sums.groups) {
        text +=
            line("  ", group, static_cast<double>(sum.hits) / cost.seconds, percent(share(cost, sums, sum)));
        for (const ProbeUse& use : cost.probes) {
            if (use.group != group) continue;
            Sum one;
            one.add(use, cost.prices);
            text +=
                line("    ", use.probe + (use.kind == ProbeKind::kSingleStepped ? " (single-stepped)" : ""),
                     static_cast<double>(use.hits) / cost.seconds, percent(share(cost, sums, one)));
        }
    }
    return text + line("  ", "all", static_cast<double>(sums.all.hits) / cost.seconds,
                       percent(share(cost, sums, sums.all)));
}

nlohmann::ordered_json to_json(const MeasuredCost& cost) {
    const Sums sums = sums_of(cost);
    nlohmann::ordered_json probes = nlohmann::ordered_json::array();
    for (const ProbeUse& use : cost.probes) {
        Sum one;
        one.add(use, cost.prices);
        probes.push_back({{"probe", use.probe},
                          {"mechanism", use.group},
                          {"kind", kind_name(use.kind)},
                          {"hits", use.hits},
                          {"overhead", json_of(share(cost, sums, one))}});
    }
    return {{"seconds", cost.seconds},
            {"cpu_seconds", json_of(cost.cpu_seconds)},
            {"hits_per_second", static_cast<double>(sums.all.hits) / cost.seconds},
            {"overhead", json_of(share(cost, sums, sums.all))},
            {"probes", probes}};
}

}  // namespace flowtap

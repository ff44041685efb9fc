// SPDX-License-Identifier: Apache-2.0
#include "budget/target_overhead.h"

#include <algorithm>

#include "budget/measured_cost.h"
#include "budget/probe_groups.h"

namespace flowtap {
namespace {

void add_hits(GroupUse& use, std::uint64_t hits, std::optional<double> price) {
    use.hits += hits;
    if (hits == 0) return;
    use.seconds = price && use.seconds ? std::optional(*use.seconds + static_cast<double>(hits) * *price)
                                       : std::nullopt;
}

double sum_of(const std::map<std::string, double>& seconds) {
    double sum = 0;
    for (const auto& [group, more] : seconds) sum += more;
    return sum;
}

bool has_alternative(const PlannedPoint& point) { return point.is_observed() && !point.rejected.empty(); }

}  // namespace

std::optional<BudgetDecision> TargetOverhead::update(std::uint64_t time_ns, std::span<const SiteHits> hits,
                                                     const Plan& plan, const Prices& prices,
                                                     std::optional<double> cpu_seconds) {
    static const std::string kNobody;
    const std::map<std::string, std::string> groups = groups_by_probe(plan);
    std::uint64_t all = 0;
    priced_ = true;
    for (const SiteHits& site : hits) {
        all += site.hits;
        const std::optional<double> price = hit_seconds(site.kind, prices, site.others);
        if (!price && site.hits != 0) priced_ = false;
        const auto group = groups.find(site.probe);
        const std::string& name = group == groups.end() ? kNobody : group->second;
        const std::uint64_t more = more_hits(site);
        now_[name] += static_cast<double>(more) * price.value_or(0);
        add_hits(use_[name], more, price);
        if (!price && site.hits != 0) use_[name].seconds.reset();
    }
    if (updated_ns_ != 0 && time_ns > updated_ns_ && all >= hits_) {
        hits_per_second_ =
            static_cast<double>(all - hits_) * 1e9 / static_cast<double>(time_ns - updated_ns_);
    }
    hits_ = all;
    updated_ns_ = time_ns;
    if (!cpu_seconds || !priced_) return std::nullopt;
    OverheadSample sample{time_ns, *cpu_seconds, before_};
    for (const auto& [group, seconds] : now_) sample.added_seconds[group] += seconds;
    sample.running_seconds = plan.python && plan.python->clocks != 0;
    sample.complete =
        plan.wishes.preference == Preference::kComplete && std::ranges::any_of(plan.points, has_alternative);
    return budget_.decide(sample, limited_);
}

// Hits since the last call. Earlier hits keep the price that they had then.
std::uint64_t TargetOverhead::more_hits(const SiteHits& site) {
    std::uint64_t& before = priced_hits_[{site.probe, site.kind}];
    const std::uint64_t more = site.hits > before ? site.hits - before : 0;
    before = site.hits;
    return more;
}

void TargetOverhead::detached() {
    for (const auto& [group, seconds] : now_) before_[group] += seconds;
    now_.clear();
    use_.clear();
    priced_hits_.clear();
    hits_ = 0;
    updated_ns_ = 0;
    hits_per_second_.reset();
}

double TargetOverhead::added_seconds() const { return sum_of(before_) + sum_of(now_); }

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "base/plural.h"
#include "plan/plan.h"
#include "plan/plan_words.h"
#include "plan/probe_price.h"

namespace flowtap {
namespace {

constexpr const char* kWhatIsExpected =
    "cost: the probe hits of one execution, at this machine's price of a hit; those of Python points are the "
    "profile's expected_hits (-: it gives none)\n";
constexpr const char* kNotObserved = "NOT OBSERVED";
constexpr const char* kNone = "-";
constexpr std::size_t kMostIds = 40;  // columns: the rest is in the JSON form

// " (5.3 us a hit)"; empty if unknown.
std::string price_text(std::optional<double> seconds) {
    if (!seconds) return {};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), " (%.3g us a hit)", *seconds * 1e6);
    return text.data();
}

// An execution of a native point hits each of its probes once, at one of its places.
std::optional<ExpectedCost> native_cost(const Plan& plan, std::size_t point) {
    std::map<std::string, std::optional<double>> dearest;  // by the probe's name; nullopt: unknown
    for (const PlannedProbe& probe : plan.probes) {
        if (probe.point != point) continue;
        const std::optional<double> price = price_of(probe.cost, plan.prices);
        const auto [known, added] = dearest.try_emplace(probe.name, price);
        if (!added && known->second && price) known->second = std::max(known->second, price);
    }
    if (dearest.empty()) return std::nullopt;
    ExpectedCost cost;
    cost.hits = static_cast<double>(dearest.size());
    for (const auto& [name, price] : dearest) {
        cost.microseconds =
            price && cost.microseconds ? std::optional(*cost.microseconds + *price * 1e6) : std::nullopt;
    }
    cost.least_microseconds = cost.microseconds;
    return cost;
}

std::string native_cost_text(const ExpectedCost& cost) {
    std::array<char, 48> text{};
    const int length =
        std::snprintf(text.data(), text.size(), cost.hits == 1 ? "%.0f hit" : "%.0f hits", cost.hits);
    if (cost.microseconds) {
        std::snprintf(text.data() + length, text.size() - static_cast<std::size_t>(length), ", %.3g us",
                      *cost.microseconds);
    }
    return text.data();
}

std::string cost_cell(const Plan& plan, std::size_t index) {
    const PlannedPoint& planned = plan.points[index];
    if (!planned.is_observed()) return kNone;
    if (const auto expected = planned.expected()) return cost_text(*expected);
    const std::optional<ExpectedCost> cost = native_cost(plan, index);
    return cost ? native_cost_text(*cost) : kNone;
}

// The id of the point itself; callers' are in the JSON form.
std::string ids_cell(const PlannedPoint& planned) {
    const char* wanted = planned.point.kind == PointKind::kWorkflow ? "workflow_id" : "node_id";
    for (const IdOrigin& origin : id_origins(planned)) {
        if (origin.id != wanted) continue;
        return origin.text.size() <= kMostIds ? origin.text : origin.text.substr(0, kMostIds - 3) + "...";
    }
    return kNone;
}

using Cells = std::array<std::string, 5>;

Cells row_of(const Plan& plan, std::size_t index) {
    const PlannedPoint& planned = plan.points[index];
    return {planned.profile + "/" + planned.point.name, kind_name(planned.point),
            planned.is_observed() ? mechanism_text(planned) : kNotObserved, cost_cell(plan, index),
            ids_cell(planned)};
}

void write_table(std::ostream& out, const std::vector<Cells>& rows) {
    std::array<std::size_t, std::tuple_size_v<Cells>> widths{};
    for (const Cells& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const Cells& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += row[i] + std::string(i + 1 == row.size() ? 0 : widths[i] - row[i].size() + 2, ' ');
        out << line << "\n";
    }
}

void write_points(std::ostream& out, const Plan& plan) {
    std::vector<Cells> rows = {{"POINT", "KIND", "OBSERVED BY", "COST", "ID FROM"}};
    for (std::size_t i = 0; i < plan.points.size(); ++i) rows.push_back(row_of(plan, i));
    write_table(out, rows);
}

// Merges equal remarks about several points into one.
class Remarks {
public:
    void add(const PlannedPoint& planned, const std::string& remark) {
        const auto [known, added] = points_.try_emplace(remark);
        if (added) order_.push_back(remark);
        known->second += (added ? "" : ", ") + planned.point.name;
    }
    void write(std::ostream& out, const char* title) const {
        if (order_.empty()) return;
        out << "\n" << title << "\n";
        for (const std::string& remark : order_) out << "  " << points_.at(remark) << ": " << remark << "\n";
    }

private:
    std::map<std::string, std::string> points_;  // by remark
    std::vector<std::string> order_;
};

std::string remedy_for(const PlannedPoint& planned) {
    if (planned.is_waiting()) return "; flowtap run attaches to it as soon as it is there";
    if (planned.contradicts_profile()) return "; correct the profile";
    return "";
}

// A rejected mechanism that sees more than the chosen one; null: none.
const Candidate* better_than_chosen(const PlannedPoint& planned) {
    const auto better = std::ranges::find_if(planned.rejected, [&](const Candidate& candidate) {
        return candidate.absent.empty() && candidate.exactness < planned.exactness();
    });
    return better == planned.rejected.end() ? nullptr : &*better;
}

std::string name_and_cost(const Candidate& candidate) {
    const std::string name = mechanism_name(candidate.mechanism);
    return candidate.expected ? name + ", " + cost_text(*candidate.expected) : name;
}

void add_unseen(const PlannedPoint& planned, Remarks& unseen) {
    if (!planned.is_observed()) return unseen.add(planned, planned.why_not() + remedy_for(planned));
    for (const std::string& warning : planned.warnings) unseen.add(planned, warning);
    const Candidate* better = better_than_chosen(planned);
    const std::vector<std::string>& notes = planned.notes;
    const std::string with =
        better == nullptr ? "" : "; --prefer complete sees all of it (" + name_and_cost(*better) + ")";
    if (planned.exactness() == Exactness::kCounts)
        unseen.add(planned, (notes.empty() ? "not all of its time is seen" : notes.front()) + with);
}

void write_unseen(std::ostream& out, const Plan& plan) {
    Remarks unseen;
    for (const PlannedPoint& planned : plan.points) add_unseen(planned, unseen);
    unseen.write(out, "not seen, and what to do:");
}

void write_limits(std::ostream& out, const Plan& plan) {
    Remarks limits;
    for (const PlannedPoint& planned : plan.points) {
        if (!planned.is_observed()) continue;
        for (const std::string& limit : planned.point.limits) limits.add(planned, limit);
    }
    limits.write(out, "known limits:");
}

// Empty if there is only the main interpreter.
std::string where(const PlannedPoint& planned) {
    constexpr std::size_t kMost = 8;
    const std::vector<std::uint32_t>& all = planned.interpreters;
    if (std::ranges::all_of(all, [](std::uint32_t number) { return number == 0; })) return {};
    std::string text = "in interpreter";
    for (std::size_t i = 0; i < std::min(all.size(), kMost); i++)
        text += (i == 0 ? " " : ", ") + (all[i] == 0 ? std::string("main") : std::to_string(all[i]));
    return all.size() > kMost ? text + " and " + counted(all.size() - kMost, "other") : text;
}

std::string rejection_text(const Candidate& candidate) {
    if (!candidate.absent.empty()) return candidate.absent;
    if (!candidate.expected) return candidate.misses.empty() ? "it usually costs more" : candidate.misses;
    return cost_text(*candidate.expected) + (candidate.misses.empty() ? "" : "; " + candidate.misses);
}

void write_details(std::ostream& out, const PlannedPoint& planned) {
    out << "  " << planned.profile << "/" << planned.point.name << ": " << function_name(planned.point)
        << "\n";
    if (const std::string in = where(planned); !in.empty()) out << "    " << in << "\n";
    for (const IdOrigin& origin : id_origins(planned))
        out << "    " << origin.id << " from " << origin.text << "\n";
    for (const Candidate& rejected : planned.rejected) {
        out << "    not by " << mechanism_name(rejected.mechanism) << ": " << rejection_text(rejected)
            << "\n";
    }
    for (const std::string& note : planned.notes) out << "    note: " << note << "\n";
}

void write_probe(std::ostream& out, const Plan& plan, const PlannedProbe& probe) {
    out << "  " << probe.name << " at 0x" << std::hex << probe.address << " (" << probe.file << "+0x"
        << probe.file_offset << std::dec << "), "
        << (probe.cost == SiteCost::kEmulated ? "emulated" : "single-stepped")
        << price_text(price_of(probe.cost, plan.prices)) << ": " << probe.why << "\n";
}

void write_watch(std::ostream& out, const Plan& plan, const PlannedWatch& watch) {
    out << "  " << watch.name << " at 0x" << std::hex << watch.address << std::dec << ", hardware watch"
        << price_text(plan.prices.hardware_watch) << ": " << meaning_of(plan, watch) << "\n";
}

void write_sites(std::ostream& out, const Plan& plan) {
    out << "\npoints:\n";
    for (const PlannedPoint& planned : plan.points) write_details(out, planned);
    out << "probes:\n";
    for (const PlannedProbe& probe : plan.probes) write_probe(out, plan, probe);
    for (const PlannedWatch& watch : plan.watches) write_watch(out, plan, watch);
    if (!plan.codes.empty()) out << "Python functions known to the probes: " << plan.codes.size() << "\n";
}

void write_footer(std::ostream& out, const Plan& plan, PlanDetail detail) {
    const auto observed = std::ranges::count(plan.points, true, &PlannedPoint::is_observed);
    out << "\n"
        << observed << " of " << counted(plan.points.size(), "point") << " observed, by "
        << counted(plan.probes.size(), "probe site") << " and "
        << counted(plan.watches.size(), "hardware watch");
    out << (detail == PlanDetail::kPoints ? " (--sites lists them)\n" : "\n");
    if (observed > 0) out << kWhatIsExpected;
}

}  // namespace

std::string to_text(const Plan& plan, PlanDetail detail) {
    std::ostringstream out;
    out << "process " << plan.pid << ": " << plan.exe;
    if (!plan.interpreter.empty()) out << " (" << plan.interpreter << ")";
    out << "\n";
    if (!plan.untried.empty())
        out << "the self-test did not run on this machine, so prices are unknown: " << plan.untried << "\n";
    out << "\n";
    write_points(out, plan);
    write_unseen(out, plan);
    write_limits(out, plan);
    write_footer(out, plan, detail);
    if (detail == PlanDetail::kSites) write_sites(out, plan);
    return out.str();
}

}  // namespace flowtap

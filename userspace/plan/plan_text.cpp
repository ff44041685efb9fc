// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "plan/plan.h"
#include "plan/probe_price.h"

namespace flowtap {
namespace {

constexpr const char* kWhatIsExpected =
    "  (expected for each execution: hits as counted with one engine, docs/performance.md, at this machine's "
    "prices)\n";

// " (5.3 us a hit)"; empty: not known.
std::string price_text(std::optional<double> seconds) {
    if (!seconds) return {};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), " (%.3g us a hit)", *seconds * 1e6);
    return text.data();
}

std::string function_of(const Point& point) {
    return point.symbol.empty() ? point.function.module + ":" + point.function.qualname : point.symbol;
}

const char* kind_of(const Point& point) { return point.kind == PointKind::kWorkflow ? "workflow" : "node"; }

// Only where there is more than the main interpreter.
std::string where(const PlannedPoint& planned) {
    constexpr std::size_t kMost = 8;
    const std::vector<std::uint32_t>& all = planned.interpreters;
    if (std::ranges::all_of(all, [](std::uint32_t number) { return number == 0; })) return {};
    std::string text = ", in interpreter";
    for (std::size_t i = 0; i < std::min(all.size(), kMost); i++)
        text += (i == 0 ? " " : ", ") + (all[i] == 0 ? std::string("main") : std::to_string(all[i]));
    return all.size() > kMost ? text + " and " + std::to_string(all.size() - kMost) + " others" : text;
}

void write_rejected(std::ostream& out, const Candidate& candidate) {
    out << "    not by " << candidate.mechanism << ": ";
    if (!candidate.absent.empty()) {
        out << candidate.absent << "\n";
        return;
    }
    out << cost_text(candidate.expected);
    if (!candidate.misses.empty()) out << "; " << candidate.misses;
    out << "\n";
}

// The measured numbers are of one engine, and others differ.
bool expects(const Plan& plan) {
    return std::ranges::any_of(plan.points,
                               [](const PlannedPoint& point) { return point.expected.has_value(); });
}

void write_point(std::ostream& out, const PlannedPoint& planned) {
    out << "  " << kind_of(planned.point) << " " << planned.profile << "/" << planned.point.name << ": "
        << function_of(planned.point) << "\n";
    if (planned.observed) {
        out << "    observed by " << planned.mechanism << where(planned);
        if (planned.expected) out << ": " << cost_text(*planned.expected);
        out << "\n";
    } else {
        out << "    NOT observed: " << planned.why_not << "\n";
    }
    for (const Candidate& rejected : planned.rejected) write_rejected(out, rejected);
    for (const IdOrigin& origin : planned.origins)
        out << "    " << origin.id << " from " << origin.text << "\n";
    for (const std::string& warning : planned.warnings) out << "    DANGER: " << warning << "\n";
    for (const std::string& note : planned.notes) out << "    note: " << note << "\n";
}

void write_probe(std::ostream& out, const Plan& plan, const PlannedProbe& probe) {
    out << "  " << probe.name << " at 0x" << std::hex << probe.address << " (" << probe.file << "+0x"
        << probe.file_offset << std::dec << "), "
        << (probe.cost == SiteCost::kEmulated ? "emulated" : "single-stepped")
        << price_text(price_of(probe.cost, plan.prices)) << ": " << probe.why << "\n";
}

std::string meaning_of(const Plan& plan, const PlannedWatch& watch) {
    const auto code = std::ranges::find(plan.codes, watch.code, &PlannedCode::address);
    const std::string function = code == plan.codes.end() ? "a function" : code->qualname;
    return (watch.is_end ? "the end of " : "the begin of ") + function;
}

void write_watch(std::ostream& out, const Plan& plan, const PlannedWatch& watch) {
    out << "  " << watch.name << " at 0x" << std::hex << watch.address << std::dec << ", hardware watch"
        << price_text(plan.prices.hardware_watch) << ": " << meaning_of(plan, watch) << "\n";
}

nlohmann::json origins_json(const PlannedPoint& planned) {
    nlohmann::json origins = nlohmann::json::object();
    for (const IdOrigin& origin : planned.origins) origins[origin.id] = origin.text;
    return origins;
}

nlohmann::json number_json(std::optional<double> number) {
    return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

nlohmann::json prices_json(const Prices& prices) {
    return {{"emulated", number_json(prices.emulated)},
            {"single_stepped", number_json(prices.single_stepped)},
            {"hardware_watch", number_json(prices.hardware_watch)},
            {"watched_switch", number_json(prices.watched_switch)}};
}

nlohmann::json expected_json(const std::optional<ExpectedCost>& cost) {
    if (!cost) return nullptr;
    return {{"hits", cost->hits},
            {"microseconds", number_json(cost->microseconds)},
            {"least_microseconds", number_json(cost->least_microseconds)}};
}

nlohmann::json exactness_json(const PlannedPoint& planned) {
    if (!planned.observed) return nullptr;
    return exactness_name(planned.exactness);
}

nlohmann::json rejected_json(const PlannedPoint& planned) {
    nlohmann::json list = nlohmann::json::array();
    for (const Candidate& one : planned.rejected) {
        const bool here = one.absent.empty();
        list.push_back({{"mechanism", one.mechanism},
                        {"absent", one.absent},
                        {"misses", one.misses},
                        {"exactness", here ? nlohmann::json(exactness_name(one.exactness)) : nullptr},
                        {"expected", expected_json(here ? std::optional(one.expected) : std::nullopt)}});
    }
    return list;
}

nlohmann::json point_json(const PlannedPoint& planned) {
    return {{"profile", planned.profile},           {"name", planned.point.name},
            {"kind", kind_of(planned.point)},       {"function", function_of(planned.point)},
            {"observed", planned.observed},         {"pending", planned.pending},
            {"mechanism", planned.mechanism},       {"exactness", exactness_json(planned)},
            {"why_not", planned.why_not},           {"warnings", planned.warnings},
            {"ids", origins_json(planned)},         {"notes", planned.notes},
            {"interpreters", planned.interpreters}, {"expected", expected_json(planned.expected)},
            {"rejected", rejected_json(planned)}};
}

nlohmann::json watch_json(const Plan& plan, const PlannedWatch& watch) {
    return {{"name", watch.name}, {"address", watch.address}, {"why", meaning_of(plan, watch)}};
}

nlohmann::json probe_json(const PlannedProbe& probe) {
    return {
        {"name", probe.name},       {"program", program_name(probe.program)},
        {"file", probe.file},       {"file_offset", probe.file_offset},
        {"address", probe.address}, {"cost", probe.cost == SiteCost::kEmulated ? "emulated" : "single-step"},
        {"why", probe.why}};
}

}  // namespace

std::string to_text(const Plan& plan) {
    std::ostringstream out;
    out << "process " << plan.pid << ": " << plan.exe;
    if (!plan.interpreter.empty()) out << " (" << plan.interpreter << ")";
    out << "\n";
    if (!plan.untried.empty())
        out << "  whether its probes work on this machine was not tried, and prices are not known: "
            << plan.untried << "\n";
    out << "points:\n";
    for (const PlannedPoint& point : plan.points) write_point(out, point);
    if (expects(plan)) out << kWhatIsExpected;
    out << "probes:\n";
    for (const PlannedProbe& probe : plan.probes) write_probe(out, plan, probe);
    for (const PlannedWatch& watch : plan.watches) write_watch(out, plan, watch);
    if (!plan.codes.empty()) out << "Python functions known to the probes: " << plan.codes.size() << "\n";
    return out.str();
}

std::string to_json(const Plan& plan) {
    nlohmann::json json = {{"pid", plan.pid},
                           {"exe", plan.exe},
                           {"interpreter", plan.interpreter},
                           {"prices_seconds", prices_json(plan.prices)},
                           {"untried", plan.untried},
                           {"points", nlohmann::json::array()},
                           {"probes", nlohmann::json::array()},
                           {"watches", nlohmann::json::array()},
                           {"functions", nlohmann::json::array()}};
    for (const PlannedPoint& point : plan.points) json["points"].push_back(point_json(point));
    for (const PlannedProbe& probe : plan.probes) json["probes"].push_back(probe_json(probe));
    for (const PlannedWatch& watch : plan.watches) json["watches"].push_back(watch_json(plan, watch));
    for (const PlannedCode& code : plan.codes)
        json["functions"].push_back({{"qualname", code.qualname}, {"code", code.address}});
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace flowtap

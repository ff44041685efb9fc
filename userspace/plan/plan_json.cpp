// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "plan/plan.h"
#include "plan/plan_words.h"

namespace flowtap {
namespace {

nlohmann::json origins_json(const PlannedPoint& planned) {
    nlohmann::json origins = nlohmann::json::object();
    for (const IdOrigin& origin : id_origins(planned)) origins[origin.id] = origin.text;
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
    const std::optional<Exactness> exactness = planned.exactness();
    return exactness ? nlohmann::json(exactness_name(*exactness)) : nullptr;
}

nlohmann::json rejected_json(const PlannedPoint& planned) {
    nlohmann::json list = nlohmann::json::array();
    for (const Candidate& one : planned.rejected) {
        const bool here = one.absent.empty();
        list.push_back({{"mechanism", mechanism_name(one.mechanism)},
                        {"absent", one.absent},
                        {"misses", one.misses},
                        {"exactness", here ? nlohmann::json(exactness_name(one.exactness)) : nullptr},
                        {"expected", expected_json(here ? one.expected : std::nullopt)}});
    }
    return list;
}

nlohmann::json point_json(const PlannedPoint& planned) {
    return {{"profile", planned.profile},
            {"name", planned.point.name},
            {"kind", kind_name(planned.point)},
            {"function", function_name(planned.point)},
            {"observed", planned.is_observed()},
            {"pending", planned.is_waiting()},
            {"mechanism", mechanism_text(planned)},
            {"exactness", exactness_json(planned)},
            {"why_not", planned.why_not()},
            {"warnings", planned.warnings},
            {"ids", origins_json(planned)},
            {"notes", planned.notes},
            {"limits", planned.point.limits},
            {"interpreters", planned.interpreters},
            {"expected", expected_json(planned.expected())},
            {"rejected", rejected_json(planned)}};
}

nlohmann::json watch_json(const Plan& plan, const PlannedWatch& watch) {
    return {{"name", watch.name}, {"address", watch.address}, {"why", meaning_of(plan, watch)}};
}

nlohmann::json probe_json(const PlannedProbe& probe) {
    return {
        {"name", probe.name},       {"program", program_name(probe.program())},
        {"file", probe.file},       {"file_offset", probe.file_offset},
        {"address", probe.address}, {"cost", probe.cost == SiteCost::kEmulated ? "emulated" : "single-step"},
        {"why", probe.why}};
}

}  // namespace

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

// SPDX-License-Identifier: Apache-2.0
#include "machine/facts_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace flowtap {
namespace {

struct NamedPrice {
    const char* name;
    std::optional<double> Prices::*price;
};
constexpr std::array<NamedPrice, 4> kPrices{{{"emulated", &Prices::emulated},
                                             {"single_stepped", &Prices::single_stepped},
                                             {"hardware_watch", &Prices::hardware_watch},
                                             {"watched_switch", &Prices::watched_switch}}};

std::optional<MechanismProof> proof_of(const nlohmann::json& json) {
    MechanismProof proof;
    const auto named = [&](KernelMechanism mechanism) {
        return json.at("name") == mechanism_name(mechanism);
    };
    const auto* const found = std::ranges::find_if(kKernelMechanisms, named);
    if (found == kKernelMechanisms.end()) return std::nullopt;
    proof.mechanism = *found;
    json.at("available").get_to(proof.available);
    json.at("reason").get_to(proof.reason);
    json.at("remedy").get_to(proof.remedy);
    json.at("fired").get_to(proof.fired);
    json.at("triggered").get_to(proof.triggered);
    return proof;
}

}  // namespace

nlohmann::json to_json(const Prices& prices) {
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [name, price] : kPrices)
        json[name] = prices.*price ? nlohmann::json(*(prices.*price)) : nlohmann::json(nullptr);
    return json;
}

nlohmann::json to_json(const MachineFacts& facts) {
    nlohmann::json mechanisms = nlohmann::json::array();
    for (const MechanismProof& proof : facts.proofs) {
        mechanisms.push_back({{"name", mechanism_name(proof.mechanism)},
                              {"available", proof.available},
                              {"reason", proof.reason},
                              {"remedy", proof.remedy},
                              {"fired", proof.fired},
                              {"triggered", proof.triggered}});
    }
    return {{"mechanisms", std::move(mechanisms)},
            {"prices_seconds", to_json(facts.prices)},
            {"untried", facts.untried}};
}

std::optional<MachineFacts> facts_of(const nlohmann::json& json) {
    try {
        MachineFacts facts;
        for (const nlohmann::json& one : json.at("mechanisms")) {
            std::optional<MechanismProof> proof = proof_of(one);
            if (!proof) return std::nullopt;
            facts.proofs.push_back(*std::move(proof));
        }
        for (const auto& [name, price] : kPrices) {
            const nlohmann::json& value = json.at("prices_seconds").at(name);
            if (!value.is_null()) facts.prices.*price = value.get<double>();
        }
        json.at("untried").get_to(facts.untried);
        return facts;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace flowtap

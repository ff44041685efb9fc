// SPDX-License-Identifier: Apache-2.0
#include "machine/facts_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace flowtap::facts_json_test {
namespace {

MachineFacts sample() {
    MachineFacts facts;
    for (const KernelMechanism mechanism : kKernelMechanisms)
        facts.proofs.push_back(
            proof_of_hits(mechanism, 7, mechanism == KernelMechanism::kWriteWatch ? 8 : 7));
    facts.proofs.back().remedy = "give \xff CAP";
    facts.prices = {.emulated = 5.5e-6, .single_stepped = 2e-5};
    return facts;
}

TEST(FactsJson, ComesBackAsItWas) {
    const nlohmann::json json = to_json(sample());
    const std::optional<MachineFacts> facts = facts_of(json);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->proofs.size(), kKernelMechanisms.size());
    EXPECT_TRUE(facts->proven(KernelMechanism::kMapFiles));
    EXPECT_EQ(facts->lack_of(KernelMechanism::kWriteWatch), "it fired 7 of 8 times");
    EXPECT_EQ(facts->prices.emulated, 5.5e-6);
    EXPECT_FALSE(facts->prices.hardware_watch);
    EXPECT_EQ(to_json(*facts), json);
}

TEST(FactsJson, NamesWhatPeopleAndProgramsLookFor) {
    const nlohmann::json json = to_json(sample());
    EXPECT_EQ(json["mechanisms"][0]["name"], "emulated_uprobe");
    EXPECT_EQ(json["mechanisms"][0]["fired"], 7);
    EXPECT_EQ(json["prices_seconds"]["single_stepped"], 2e-5);
    EXPECT_TRUE(json["prices_seconds"]["hardware_watch"].is_null());
}

TEST(FactsJson, IsNotTakenFromAnythingElse) {
    EXPECT_FALSE(facts_of(nlohmann::json::parse("{", nullptr, false)));
    EXPECT_FALSE(facts_of(nlohmann::json::array()));
    nlohmann::json json = to_json(sample());
    json["mechanisms"][0]["name"] = "telepathy";
    EXPECT_FALSE(facts_of(json));
    json = to_json(sample());
    json["prices_seconds"].erase("emulated");
    EXPECT_FALSE(facts_of(json));
}

}  // namespace
}  // namespace flowtap::facts_json_test

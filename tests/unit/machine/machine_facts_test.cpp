// SPDX-License-Identifier: Apache-2.0
#include "machine/machine_facts.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace flowtap::machine_facts_test {
namespace {

TEST(MechanismProof, IsGoodOnlyIfEveryTriggerFired) {
    EXPECT_TRUE(proof_of_hits(KernelMechanism::kWriteWatch, 100, 100).available);
    for (const std::uint64_t fired : {0, 99, 101, 200})
        EXPECT_FALSE(proof_of_hits(KernelMechanism::kWriteWatch, fired, 100).available) << fired;
    EXPECT_FALSE(proof_of_hits(KernelMechanism::kWriteWatch, 0, 0).available) << "nothing was tried";
    EXPECT_EQ(proof_of_hits(KernelMechanism::kWriteWatch, 3, 100).reason, "it fired 3 of 100 times");
}

TEST(MachineFacts, KnowOfNothingThatWasNotTried) {
    const MachineFacts facts;
    for (const KernelMechanism mechanism : kKernelMechanisms) {
        EXPECT_FALSE(facts.proven(mechanism));
        EXPECT_EQ(facts.lack_of(mechanism), "");
    }
}

TEST(MachineFacts, SayWhyAMechanismLacks) {
    MachineFacts facts;
    facts.proofs = {proof_of_hits(KernelMechanism::kWriteWatch, 0, 8),
                    proof_of_hits(KernelMechanism::kEmulatedUprobe, 8, 8),
                    refused(KernelMechanism::kAccessWatch, "Permission denied", "give CAP_SYS_ADMIN")};
    EXPECT_EQ(facts.lack_of(KernelMechanism::kWriteWatch), "it fired 0 of 8 times");
    EXPECT_EQ(facts.lack_of(KernelMechanism::kAccessWatch), "Permission denied (give CAP_SYS_ADMIN)");
    EXPECT_EQ(facts.lack_of(KernelMechanism::kEmulatedUprobe), "");
    EXPECT_TRUE(facts.proven(KernelMechanism::kEmulatedUprobe));
    EXPECT_FALSE(facts.proven(KernelMechanism::kWriteWatch));
}

TEST(KernelMechanisms, HaveNamesOfTheirOwn) {
    std::set<std::string> names;
    for (const KernelMechanism mechanism : kKernelMechanisms) names.insert(mechanism_name(mechanism));
    EXPECT_EQ(names.size(), kKernelMechanisms.size());
    EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace flowtap::machine_facts_test

// SPDX-License-Identifier: Apache-2.0
// However flowtap ends, its targets go on as if it had never been there.
#include <csignal>

#include "flowtap_daemon.h"
#include "probed_bytes.h"
#include "target.h"

namespace flowtap::system_test::detach_test {
namespace {

class DetachTest : public TargetTest {
protected:
    // One round of the load with a held node at its end, from a process that is never observed.
    static Ledger reference() {
        Workload workload(target().command(load()));
        workload.run_until_held();
        workload.release();
        return workload.report();
    }

    static Workload::Options load() {
        Workload::Options options = target().load;
        options.emplace_back("--hold");
        return options;
    }

    static bool has_original(const Workload& workload, const CodeBytes& original) {
        return code_bytes(workload.pid(), addresses_of(original)) == original;
    }

    static std::set<std::uint64_t> addresses_of(const CodeBytes& bytes) {
        std::set<std::uint64_t> addresses;
        for (const auto& [address, byte] : bytes) addresses.insert(address);
        return addresses;
    }

    // Ends flowtap by the signal while the target runs hard; the target must finish its round, and another
    // one.
    static void end_under_load(int signal, int wanted_status) {
        Workload workload(target().command(load()));
        const auto addresses = planned_addresses(workload.pid(), target().profile);
        const CodeBytes original = code_bytes(workload.pid(), addresses);
        FlowtapDaemon flowtap(target().watch({&workload}));
        EXPECT_EQ(code_bytes(workload.pid(), addresses), breakpoints_at(addresses));

        workload.child().send_line("go");
        EXPECT_TRUE(eventually([&] { return flowtap.scrape().sum("active_workflows") > 0; }));
        EXPECT_EQ(flowtap.stop(signal), wanted_status) << flowtap.child().errors();
        EXPECT_TRUE(eventually([&] { return has_original(workload, original); }));

        EXPECT_EQ(workload.child().next_line(), "holding");
        workload.release();
        const Ledger expected = reference();
        EXPECT_TRUE(same_counts(workload.report(), expected));
        workload.reset();
        workload.run_until_held();
        workload.release();
        workload.report();
        EXPECT_EQ(workload.leave(), 0);
    }

    // The same while the target waits inside an observed function.
    static void end_while_held(int signal, int wanted_status) {
        Workload workload(target().command({"--runs", "2", "--hold"}));
        const auto addresses = planned_addresses(workload.pid(), target().profile);
        const CodeBytes original = code_bytes(workload.pid(), addresses);
        FlowtapDaemon flowtap(target().watch({&workload}));
        workload.run_until_held();
        EXPECT_EQ(flowtap.stop(signal), wanted_status) << flowtap.child().errors();
        EXPECT_TRUE(eventually([&] { return has_original(workload, original); }));
        workload.release();
        EXPECT_EQ(workload.report().at("workflows").at("held").at("success"), 1);
        EXPECT_EQ(workload.leave(), 0);
    }
};

TEST_P(DetachTest, SigtermUnderLoadLeavesTheTargetAsItWas) { end_under_load(SIGTERM, 0); }
TEST_P(DetachTest, SigintUnderLoadLeavesTheTargetAsItWas) { end_under_load(SIGINT, 0); }
TEST_P(DetachTest, SigkillUnderLoadLeavesTheTargetAsItWas) { end_under_load(SIGKILL, 128 + SIGKILL); }
TEST_P(DetachTest, SigtermInsideAnExecutionLeavesTheTargetAsItWas) { end_while_held(SIGTERM, 0); }
TEST_P(DetachTest, SigkillInsideAnExecutionLeavesTheTargetAsItWas) { end_while_held(SIGKILL, 128 + SIGKILL); }

TEST_P(DetachTest, AProcessThatWasNotChosenIsNeitherTouchedNorCounted) {
    Workload chosen(target().command({"--runs", "5"}));
    Workload other(target().command({"--runs", "7"}));
    const CodeBytes original = code_bytes(other.pid(), planned_addresses(other.pid(), target().profile));
    FlowtapDaemon flowtap(target().watch({&chosen}));
    EXPECT_TRUE(has_original(other, original));
    other.run_round();
    EXPECT_FALSE(flowtap.scrape().has("workflow_executions_total"));
    const Ledger ledger = chosen.run_round();
    other.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_TRUE(has_original(other, original));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_TRUE(has_original(other, original));
}

TEST_P(DetachTest, TwoProcessesOfOneProgramAreCountedTogether) {
    Workload one(target().command({"--runs", "5"}));
    Workload two(target().command({"--runs", "5"}));
    FlowtapDaemon flowtap(target().watch({&one, &two}));
    const Ledger ledger = one.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    two.run_round();
    EXPECT_EQ(flowtap.scrape().sum("workflow_executions_total", {{"status", "success"}}), 10);
    EXPECT_EQ(one.leave(), 0);
    two.run_round();
    EXPECT_EQ(flowtap.scrape().sum("workflow_executions_total", {{"status", "success"}}), 15);
    EXPECT_EQ(two.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, DetachTest, testing::ValuesIn(all_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::detach_test

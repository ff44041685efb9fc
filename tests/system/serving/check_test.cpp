// SPDX-License-Identifier: Apache-2.0
// What flowtap says of the machine that it runs on.
#include <nlohmann/json.hpp>

#include "child.h"
#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::check_test {
namespace {

using nlohmann::json;

constexpr std::array kMechanisms = {"emulated_uprobe",    "single_stepped_uprobe", "uprobe_multi",
                                    "perf_uprobe",        "hardware_watch_write",  "hardware_watch_access",
                                    "ring_buffer_wakeup", "user_memory_read",      "process_lifecycle",
                                    "map_files"};

json output_of(const std::vector<std::string>& command) {
    Child child(command);
    EXPECT_EQ(child.wait(), 0) << child.errors();
    return json::parse(child.output(), nullptr, false);
}

json row_of(const json& rows, const std::string& name) {
    for (const json& row : rows)
        if (row.at("name") == name) return row;
    return nullptr;
}

using CheckTest = SystemTest;

TEST_F(CheckTest, EveryMechanismFiredAsOftenAsItWasTriggeredOrHasAReason) {
    const json rows = output_of({kFlowtap, "check", "--json"});
    for (const char* name : kMechanisms) {
        const json row = row_of(rows, name);
        ASSERT_FALSE(row.is_null()) << name;
        if (row.at("available") == true) {
            EXPECT_GT(row.at("triggered"), 0) << row;
            EXPECT_EQ(row.at("fired"), row.at("triggered")) << row;
            EXPECT_EQ(row.at("reason"), "") << row;
        } else {
            EXPECT_NE(row.at("reason"), "") << row;
            EXPECT_TRUE(row.at("price_seconds").is_null()) << row;
        }
    }
    EXPECT_EQ(row_of(rows, "emulated_uprobe").at("available"), true);
    EXPECT_GT(row_of(rows, "emulated_uprobe").at("price_seconds"), 0);
    EXPECT_GT(row_of(rows, "single_stepped_uprobe").at("price_seconds"),
              row_of(rows, "emulated_uprobe").at("price_seconds"));
}

TEST_F(CheckTest, PlansCarryThePricesOfThisMachine) {
    Workload workload({kEngineC});
    const json plan =
        output_of({kFlowtap, "plan", "--json", "--pid", workload.pid_text(), "--profile", kEngineCProfile});
    EXPECT_GT(plan.at("prices_seconds").at("emulated"), 0);
    EXPECT_GT(plan.at("prices_seconds").at("single_stepped"), plan.at("prices_seconds").at("emulated"));
    EXPECT_EQ(plan.at("untried"), "");
}

TEST_F(CheckTest, TheDaemonTellsOfMechanismsAndPrices) {
    Workload workload({kEngineC});
    FlowtapDaemon flowtap({"--pid", workload.pid_text(), "--profile", kEngineCProfile});
    const Exposition metrics = flowtap.scrape();
    for (const char* name : kMechanisms)
        EXPECT_TRUE(metrics.has("flowtap_mechanism_available", {{"mechanism", name}})) << name;
    EXPECT_EQ(metrics.sum("flowtap_mechanism_available", {{"mechanism", "emulated_uprobe"}}), 1);
    for (const char* kind : {"emulated", "single_stepped"})
        EXPECT_GT(metrics.sum("flowtap_probe_price_seconds", {{"kind", kind}}), 0) << kind;
    EXPECT_EQ(metrics.sum("flowtap_probe_price_seconds", {{"kind", "hardware_watch"}}) > 0,
              metrics.sum("flowtap_mechanism_available", {{"mechanism", "hardware_watch_write"}}) == 1 &&
                  metrics.sum("flowtap_mechanism_available", {{"mechanism", "hardware_watch_access"}}) == 1);
}

TEST_F(CheckTest, AShiftedClockIsRefusedWithTheReason) {
    const std::vector<std::string> shifted = {"/usr/bin/unshare", "--time", "--monotonic", "100000",
                                              "--fork"};
    std::vector<std::string> probe = shifted;
    probe.emplace_back("/usr/bin/true");
    Child supported(probe);
    if (supported.wait() != 0) GTEST_SKIP() << "missing: time namespaces: " << supported.errors();
    std::vector<std::string> command = shifted;
    command.insert(command.end(), {kFlowtap, "run", "--match", "no such process", "--listen", "127.0.0.1:0"});
    Child flowtap(command);
    EXPECT_EQ(flowtap.wait(), 3);
    EXPECT_NE(flowtap.errors().find("time namespace that shifts the monotonic clock"), std::string::npos)
        << flowtap.errors();
}

}  // namespace
}  // namespace flowtap::system_test::check_test

// SPDX-License-Identifier: Apache-2.0
// `flowtap trace`: its file beside the target's own count.
#include <csignal>
#include <fstream>
#include <map>
#include <set>

#include "paths.h"
#include "probed_bytes.h"
#include "target.h"
#include "temporary_directory.h"

namespace flowtap::system_test::trace_test {
namespace {

using Json = nlohmann::json;
using Counts = std::map<std::string, std::int64_t>;  // by ids, type and status

std::string text_of(const Json& value) { return value.get<std::string>() + " "; }

// Executions in the file; fails where an async begin has no end or ends are not in order.
Counts counts_of(const Json& trace) {
    Counts counts;
    std::map<std::string, std::vector<double>> open;  // begins by async id
    for (const Json& event : trace.at("traceEvents")) {
        const std::string phase = event.at("ph");
        if (phase == "X" || phase == "b") {
            const Json& about = event.at("args");
            std::string key = text_of(about.at("workflow_id"));
            if (about.contains("node_id"))
                key += text_of(about.at("node_id")) + text_of(about.at("node_type"));
            ++counts[key + text_of(about.at("status"))];
        }
        if (phase == "b") open[event.at("id")].push_back(event.at("ts"));
        if (phase == "e") {
            std::vector<double>& begins = open[event.at("id")];
            EXPECT_FALSE(begins.empty()) << event;
            if (begins.empty()) continue;
            EXPECT_LE(begins.back(), event.at("ts").get<double>()) << event;
            begins.pop_back();
        }
    }
    for (const auto& [id, begins] : open) EXPECT_TRUE(begins.empty()) << id;
    return counts;
}

Counts counts_of_ledger(const Ledger& ledger) {
    Counts counts;
    const auto add = [&](const std::string& key, std::int64_t count) {
        if (count != 0) counts[key] += count;
    };
    for (const auto& [workflow, row] : ledger.at("workflows").items())
        for (const char* status : {"success", "failed", "cancelled"})
            add(workflow + " " + status + " ", row.at(status).get<std::int64_t>());
    for (const Ledger& row : ledger.at("nodes"))
        if (row.at("status") != "started")
            add(text_of(row.at("workflow_id")) + text_of(row.at("node_id")) + text_of(row.at("node_type")) +
                    text_of(row.at("status")),
                row.at("count").get<std::int64_t>());
    return counts;
}

class TraceTest : public TargetTest {
protected:
    std::vector<std::string> command(const Workload& workload) {
        std::vector<std::string> command = {kFlowtap, "trace", "--output", output_};
        const std::vector<std::string> watched = target().watch({&workload});
        command.insert(command.end(), watched.begin(), watched.end());
        return command;
    }
    static bool is_recording(Child& trace) {
        return eventually([&] {
                   return trace.errors().find("recording; press Ctrl-C to stop") != std::string::npos ||
                          trace.poll_status();
               }) &&
               !trace.poll_status();
    }
    Json file() const {
        std::ifstream file(output_);
        return Json::parse(file);
    }

    TemporaryDirectory directory_;
    std::string output_ = (directory_ / "trace.json").string();
};

TEST_P(TraceTest, HoldsEveryExecutionUntilItIsInterrupted) {
    const bool python = target().held_type == "HoldNode";
    Workload workload(
        target().command(python ? Workload::Options{"--shape", "mixed", "--runs", "10", "--fail-every", "3"}
                                : Workload::Options{"--threads", "2", "--runs", "20", "--fail-every", "3"}));
    Child trace(command(workload));
    ASSERT_TRUE(is_recording(trace)) << trace.errors();
    const Ledger ledger = workload.run_round();
    trace.signal(SIGINT);
    ASSERT_EQ(trace.wait(), 0) << trace.errors();
    const Json written = file();
    EXPECT_EQ(counts_of(written), counts_of_ledger(ledger));
    EXPECT_EQ(written.at("otherData").at("events_lost"), 0);
    EXPECT_EQ(written.at("otherData").at("left_out"), 0);
    EXPECT_NE(trace.errors().find("wrote " + output_), std::string::npos) << trace.errors();
}

// With one execution at a time there is no doubt which one a node belongs to, though it runs on a task of its
// own.
TEST_P(TraceTest, ShowsNodesInsideTheirWorkflow) {
    if (target().held_type != "HoldNode") GTEST_SKIP() << "missing: coroutines, in a native target";
    Workload workload(target().command({"--shape", "async", "--runs", "5"}));
    Child trace(command(workload));
    ASSERT_TRUE(is_recording(trace)) << trace.errors();
    workload.run_round();
    trace.signal(SIGINT);
    ASSERT_EQ(trace.wait(), 0) << trace.errors();
    std::set<std::string> workflows;  // of their async ids, what is before the lane
    std::set<std::string> nodes;
    const Json written = file();
    for (const Json& event : written.at("traceEvents")) {
        if (event.at("ph") != "b") continue;
        const std::string id = event.at("id");
        (event.at("args").contains("node_id") ? nodes : workflows).insert(id.substr(0, id.find('.')));
    }
    EXPECT_EQ(workflows.size(), 5U);
    EXPECT_EQ(nodes, workflows);
}

TEST_P(TraceTest, EndsAfterItsDurationWithWhatIsActive) {
    Workload workload(target().command({"--runs", "2", "--hold"}));
    std::vector<std::string> words = command(workload);
    words.insert(words.end(), {"--duration", "2"});
    Child trace(words);
    ASSERT_TRUE(is_recording(trace)) << trace.errors();
    workload.run_until_held();
    ASSERT_EQ(trace.wait(), 0) << trace.errors();
    workload.release();
    workload.report();
    const Counts counts = counts_of(file());
    EXPECT_EQ(counts.at("held active "), 1);
    EXPECT_EQ(counts.at("held gate " + target().held_type + " active "), 1);
}

// A copy is not traced: it gets its bytes back, and hits nothing.
TEST_P(TraceTest, LeavesWhatItsProcessForksAlone) {
    if (target().held_type != "HoldNode") GTEST_SKIP() << "missing: a native target that forks";
    std::vector<std::string> words = target().command({"--runs", "2"});
    words[2] = std::string(kTestsDirectory) + "/engine/late.py";
    words.insert(words.begin() + 3, "fork");
    Child program(words);
    program.next_line();
    const std::set<std::uint64_t> addresses = planned_addresses(program.pid());
    const CodeBytes original = code_bytes(program.pid(), addresses);
    Child trace({kFlowtap, "trace", "--output", output_, "--pid", std::to_string(program.pid())});
    ASSERT_TRUE(is_recording(trace)) << trace.errors();
    ASSERT_NE(code_bytes(program.pid(), addresses), original);
    program.send_line("fork");
    const std::string ready = program.next_line();
    const pid_t copy = std::stoi(ready.substr(ready.find(' ') + 1));
    EXPECT_TRUE(eventually([&] { return code_bytes(copy, addresses) == original; }));
    EXPECT_NE(code_bytes(program.pid(), addresses), original);
}

TEST_P(TraceTest, EndsWithItsProcess) {
    Workload workload(target().command({"--runs", "2"}));
    Child trace(command(workload));
    ASSERT_TRUE(is_recording(trace)) << trace.errors();
    const Ledger ledger = workload.run_round();
    EXPECT_EQ(workload.leave(), 0);
    ASSERT_EQ(trace.wait(), 0) << trace.errors();
    EXPECT_EQ(counts_of(file()), counts_of_ledger(ledger));
}

INSTANTIATE_TEST_SUITE_P(Targets, TraceTest, testing::ValuesIn(all_targets()), name_of_target);

class TraceRefusalTest : public SystemTest {};

TEST_F(TraceRefusalTest, HasTheContractsExitStatus) {
    Workload workload({kEngineC});
    const std::vector<std::pair<std::vector<std::string>, int>> wrong = {
        {{"--pid", "4194303", "--output", "/dev/null"}, 4},
        {{"--pid", workload.pid_text(), "--output", "/dev/null"}, 4},
        {{"--pid", workload.pid_text()}, 2},
        {{"--pid", workload.pid_text(), "--output", "/dev/null", "--duration", "0"}, 2},
        {{"--pid", workload.pid_text(), "--profile", kEngineCProfile, "--output", "/no/such/place"}, 1},
    };
    for (const auto& [options, status] : wrong) {
        std::vector<std::string> command = {kFlowtap, "trace"};
        command.insert(command.end(), options.begin(), options.end());
        Child trace(command);
        EXPECT_EQ(trace.wait(), status) << trace.errors();
    }
}

}  // namespace
}  // namespace flowtap::system_test::trace_test

// SPDX-License-Identifier: Apache-2.0
// A Python program that is observed behaves as if it were not: the same output, the same exit status, the
// same counts; and flowtap counts what the program does, however it does it. The programs:
// tests/engine/safety.
#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <tuple>

#include "compared.h"
#include "flowtap_daemon.h"
#include "paths.h"
#include "target.h"
#include "temporary_directory.h"

namespace flowtap::system_test::python_safety_test {
namespace {

struct Program {
    const char* name;
    const char* import = "import sys";  // what its interpreter must be able to do

    friend std::ostream& operator<<(std::ostream& out, const Program& program) { return out << program.name; }
};

using Case = std::tuple<Target, Program, const char*>;  // --prefer

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
    return std::string(std::get<1>(info.param).name) + "_" + std::get<0>(info.param).name;
}

const std::vector<Program> kPrograms = {
    {"greenlets", "import greenlet"},
    {"eager", "from asyncio import eager_task_factory"},
    {"uvloops", "import uvloop"},
    {"gevents", "import gevent"},
    {"covering", "import coverage"},
    {"forking"},
    {"executing"},
    {"daemons"},
    {"tracing", "import cProfile"},
    {"recursion"},
    {"signals"},
    {"coroutines"},
    {"unbegun"},
    {"garbage"},
    {"suspending"},
    {"throwing", "import ctypes"},
    {"restoring", "import ctypes"},
    {"gathering"},
    {"handing_over"},
    {"subinterpreters"},
    {"sharing"},
};

// What came out of one run.
struct Performance {
    std::optional<int> status;
    std::string output;
    std::string errors;  // for messages: warnings in it hold addresses
    Ledger ledger;
};

using Series = std::pair<std::string, Labels>;

// The ledger's rows as one count per series, zeros included.
std::map<Series, double> rows_of(const Ledger& ledger) {
    std::map<Series, double> rows;
    for (const auto& [id, row] : ledger.at("workflows").items()) {
        for (const char* status : {"started", "success", "failed", "cancelled", "aborted"})
            rows[{"workflow_executions_total", {{"workflow_id", id}, {"status", status}}}] = row.at(status);
    }
    for (const Ledger& row : ledger.at("nodes")) {
        Labels labels;
        for (const char* key : {"workflow_id", "node_id", "node_type", "status"}) labels[key] = row.at(key);
        rows[{"workflow_node_executions_total", labels}] = row.at("count");
    }
    for (const Ledger& row : ledger.at("errors")) {
        Labels labels;
        for (const char* key : {"workflow_id", "node_id", "error_type"}) labels[key] = row.at(key);
        rows[{"workflow_errors_total", labels}] = row.at("count");
    }
    return rows;
}

// Every row of the ledger is in the metrics, and the metrics have nothing else: unlike in agrees(),
// executions may have been aborted.
void expect_exact(const Exposition& metrics, const Ledger& ledger) {
    std::map<std::string, double> totals;
    for (const auto& [series, count] : rows_of(ledger)) {
        const auto& [name, labels] = series;
        EXPECT_EQ(metrics.sum(name, labels), count) << to_text(name, labels);
        totals[name] += count;
    }
    for (const auto& [name, total] : totals) EXPECT_EQ(metrics.sum(name), total) << name;
    EXPECT_GT(totals["workflow_node_executions_total"], 0);
    for (const char* loss :
         {"flowtap_events_lost_total", "active_workflows", "workflow_node_executions_active"}) {
        EXPECT_EQ(metrics.sum(loss), 0) << loss;
    }
    EXPECT_EQ(unpaired_executions(metrics), 0);
}

class PythonSafetyTest : public SystemTest, public testing::WithParamInterface<Case> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        const std::string missing = missing_program(target());
        if (!missing.empty()) GTEST_SKIP() << "missing: " << missing;
        Child import({target().program.front(), "-c", program().import});
        if (import.wait() != 0)
            GTEST_SKIP() << "missing: \"" << program().import << "\" in " << target().program.front();
    }

    static const Target& target() { return std::get<0>(GetParam()); }
    static const Program& program() { return std::get<1>(GetParam()); }
    static const char* prefer() { return std::get<2>(GetParam()); }

    std::unique_ptr<Child> start() {
        auto child = std::make_unique<Child>(std::vector<std::string>{
            target().program.front(), "-B", std::string(kTestsDirectory) + "/engine/run_safety.py",
            program().name, directory_ / "report", kThrowing});
        if (child->next_line() != "ready") throw std::runtime_error("not ready: " + child->output());
        return child;
    }

    Performance finish(Child& child) {
        child.send_line("go");
        Performance run{child.wait(std::chrono::minutes(1)), child.output(), child.errors(), Ledger()};
        std::ifstream report(directory_ / "report");
        run.ledger = Ledger::parse(report, nullptr, false);
        return run;
    }

    // Gives what flowtap shows once it knows that the program is gone.
    Performance run_observed(Child& child, Exposition& metrics) {
        FlowtapDaemon flowtap({"--pid", std::to_string(child.pid()), "--prefer", prefer()});
        const Performance run = finish(child);
        EXPECT_TRUE(eventually([&] {
            return flowtap.scrape().sum("flowtap_targets", {{"state", "gone"}}) == 1;
        }));
        metrics = flowtap.scrape();
        EXPECT_EQ(flowtap.stop(SIGTERM), 0) << flowtap.child().errors();
        return run;
    }

private:
    TemporaryDirectory directory_;
};

// Nodes that were away meanwhile are not charged to the one that ran: what run() measured inside, and what
// its caller measured around it, are the bounds.
void expect_own_durations(const Exposition& metrics, const Ledger& ledger) {
    std::map<std::string, double> around;
    for (const Ledger& row : ledger.at("nodes")) around[row.at("node_id")] += row.at("seconds").get<double>();
    for (const auto& [node_id, inside] : ledger.at("inner_seconds").items()) {
        const double seconds = metrics.sum("workflow_node_duration_seconds_sum", {{"node_id", node_id}});
        EXPECT_LE(inside.get<double>(), seconds) << node_id;
        EXPECT_LE(seconds, around[node_id]) << node_id;
    }
}

// What a node measured inside it ran for is part of what flowtap sees, and the rest is not more than what it
// was away for: of no execution is it unknown.
void expect_own_running_times(const Exposition& metrics, const Ledger& ledger) {
    constexpr double kRounding = 1e-6;
    for (const auto& [node_id, seconds] : ledger.at("inside").items()) {
        const Labels node = {{"node_id", node_id}};
        const double running = metrics.sum("workflow_node_running_seconds_total", node);
        const double suspended = metrics.sum("workflow_node_suspended_seconds_total", node);
        EXPECT_GE(running, seconds.at(0).get<double>()) << node_id;
        EXPECT_LE(suspended, seconds.at(1).get<double>()) << node_id;
        EXPECT_NEAR(running + suspended, metrics.sum("workflow_node_duration_seconds_sum", node), kRounding)
            << node_id;
    }
}

TEST_P(PythonSafetyTest, AnObservedProgramBehavesAsAlone) {
    const std::unique_ptr<Child> first = start();
    const Performance alone = finish(*first);
    ASSERT_TRUE(alone.ledger.is_object()) << alone.errors;
    Exposition metrics;
    const std::unique_ptr<Child> second = start();
    const Performance observed = run_observed(*second, metrics);
    print_times(name_of_case({GetParam(), 0}) + " " + prefer(), *first, *second);
    EXPECT_EQ(observed.status, alone.status) << observed.errors;
    EXPECT_EQ(observed.output, alone.output);
    ASSERT_TRUE(observed.ledger.is_object()) << observed.errors;
    EXPECT_TRUE(same_counts(observed.ledger, alone.ledger));
    EXPECT_TRUE(identity_holds(metrics));
    expect_exact(metrics, observed.ledger);
    if (observed.ledger.contains("inner_seconds")) expect_own_durations(metrics, observed.ledger);
    if (observed.ledger.contains("inside")) expect_own_running_times(metrics, observed.ledger);
}

INSTANTIATE_TEST_SUITE_P(Python, PythonSafetyTest,
                         testing::Combine(testing::ValuesIn(python_targets()), testing::ValuesIn(kPrograms),
                                          testing::Values("cheap")),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Complete, PythonSafetyTest,
                         testing::Combine(testing::Values(python_targets().back()),
                                          testing::ValuesIn(kPrograms), testing::Values("complete")),
                         name_of_case);

}  // namespace
}  // namespace flowtap::system_test::python_safety_test

// SPDX-License-Identifier: Apache-2.0
// Which calls of a Python function each `call:` sees, by the way they are made (tests/calls): what the table
// in probes/README.md says.
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::call_shapes_test {
namespace {

const std::string kCalls = std::string(kTestsDirectory) + "/calls/";
const std::string kProfiles = std::string(kTestsDirectory) + "/../probes/README.md";
constexpr const char* kHead = "| call | `call: method` |";

// By way, then by `call:`.
using Table = std::map<std::string, std::map<std::string, std::string>>;

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(" `"));
    const std::size_t end = text.find_last_not_of(" `");
    text.erase(end == std::string::npos ? 0 : end + 1);
    return text;
}

std::vector<std::string> cells_of(const std::string& row) {
    std::vector<std::string> cells;
    std::istringstream in(row.substr(row.find('|') + 1));
    for (std::string cell; std::getline(in, cell, '|');) cells.push_back(trimmed(cell));
    return cells;
}

// "call: method" is a column's head.
std::string call_of(const std::string& head) { return head.substr(head.find(' ') + 1); }

Table documented() {
    std::ifstream in(kProfiles);
    std::string line;
    while (std::getline(in, line) && !line.starts_with(kHead)) continue;
    const std::vector<std::string> heads = cells_of(line);
    std::getline(in, line);  // the rule below the heads
    Table table;
    while (std::getline(in, line) && line.starts_with("|")) {
        const std::vector<std::string> cells = cells_of(line);
        for (std::size_t i = 1; i < cells.size(); ++i) table[cells[0]][call_of(heads.at(i))] = cells[i];
    }
    return table;
}

// "yes", "no", or the minor versions for which it is yes: "3.11, 3.12".
bool says_seen(const std::string& cell, unsigned minor) {
    if (cell == "yes" || cell == "no") return cell == "yes";
    std::istringstream in(cell);
    for (std::string version; std::getline(in, version, ',');)
        if (trimmed(version) == "3." + std::to_string(minor)) return true;
    return false;
}

std::string name_of(double seen, double made) {
    if (seen == 0) return "no";
    return seen == made ? "yes" : std::to_string(seen) + " of " + std::to_string(made);
}

class CallShapesTest : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && GetParam().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    }

    static void expect_as_documented(const std::string& call) {
        Workload workload({GetParam(), "-B", kCalls + "workload.py"});
        FlowtapDaemon flowtap({"--profile", kCalls + "profile.yaml", "--pid", workload.pid_text()});
        workload.run_round();
        const Ledger made = workload.run_round().at(call);
        const Exposition metrics = flowtap.scrape();
        Table table = documented();
        const unsigned minor = python_minor(GetParam());
        for (const auto& [way, count] : made.items()) {
            ASSERT_TRUE(table[way].contains(call)) << "no row for " << way << " in " << kProfiles;
            const double seen =
                metrics.sum("workflow_node_executions_total",
                            {{"node_id", way}, {"node_type", type_of(call, way)}, {"status", "success"}});
            EXPECT_EQ(name_of(seen, count.get<double>()), says_seen(table[way][call], minor) ? "yes" : "no")
                << "call: " << call << ", " << way << ", CPython 3." << minor;
        }
        for (const auto& [way, row] : table)
            EXPECT_TRUE(made.contains(way) || row.at(call) == "-") << way << " is never made";
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_TRUE(no_event_vanished(metrics));
        EXPECT_EQ(workload.leave(), 0);
    }

private:
    static std::string type_of(std::string call, const std::string& way) {
        call[0] = static_cast<char>(std::toupper(call[0]));
        return way == "super().m()" ? call + "Heir" : call;
    }
};

TEST_P(CallShapesTest, OfMethodsAreSeenAsDocumented) { expect_as_documented("method"); }
TEST_P(CallShapesTest, OfInstancesAreSeenAsDocumented) { expect_as_documented("instance"); }
TEST_P(CallShapesTest, OfCoroutinesAreSeenAsDocumented) { expect_as_documented("coroutine"); }
TEST_P(CallShapesTest, OfFunctionsAreSeenAsDocumented) {
    skip_without_watches();
    if (!IsSkipped()) expect_as_documented("function");
}

INSTANTIATE_TEST_SUITE_P(Found, CallShapesTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });

}  // namespace
}  // namespace flowtap::system_test::call_shapes_test

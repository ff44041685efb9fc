// SPDX-License-Identifier: Apache-2.0
// A process, as any user may start it, that costs as much as possible to look at. The others are still
// counted.
#include <csignal>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "ledger.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test::hostile_target_test {
namespace {

constexpr const char* kProfile = R"(
profile: bases
runtime: cpython
modules: [bases]
points:
  - name: node
    kind: node
    function: bases:Base.execute
    call: method
    overrides: true
    node_type: self
)";

// Each class has an execute() with a code object of its own. A line makes it run those of the first seven.
constexpr const char* kProgram = R"(
import functools, sys, types
import bases
code = bases.Base.execute.__code__
classes = []
def define(count):
    for i in range(count):
        execute = types.FunctionType(code.replace(co_name='execute', co_firstlineno=i + 1), {})
        classes.append(type('Node%d' % i, (bases.Base,), {'execute': execute}))
define(int(sys.argv[1]))
print('ready', flush=True)
for line in sys.stdin:
    if line == 'grow\n': define(66000)
    for each in classes[:7]: functools.partial(each().execute)()
    print('ran', flush=True)
)";

class HostileTargetTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && interpreters().front().empty())
            GTEST_SKIP() << "missing: " << missing_interpreter();
        (void)directory_.write("bases.py", "class Base:\n    def execute(self):\n        return 1\n");
    }
    [[nodiscard]] std::vector<std::string> program(int classes) const {
        return {interpreters().front(), "-B", program_, std::to_string(classes), mark()};
    }
    // How many executions of nodes are counted while the program runs its seven.
    static double nodes_of_a_round(const FlowtapDaemon& flowtap, Child& program) {
        const Exposition before = flowtap.scrape();
        program.send_line("run");
        EXPECT_EQ(program.next_line(), "ran");
        return flowtap.scrape().since(before).sum("workflow_node_executions_total", {{"status", "success"}});
    }
    static std::string mark() { return "hostile-" + std::to_string(::getpid()); }

    TemporaryDirectory directory_;
    const std::string program_ = directory_.write("program.py", kProgram);
    const std::string profile_ = directory_.write("bases.yaml", kProfile);
};

TEST_F(HostileTargetTest, SixtySixThousandClassesDoNotDelayOtherTargets) {
    FlowtapDaemon flowtap({"--profile", profile_, "--match", mark()});
    Child hostile(program(66'000));
    ASSERT_EQ(hostile.next_line(), "ready");
    const std::string pid = std::to_string(hostile.pid());
    EXPECT_TRUE(eventually([&] {
        return flowtap.child().errors().find("process " + pid + ": it takes more than") != std::string::npos;
    })) << flowtap.child().errors();
    EXPECT_EQ(test::request(flowtap.port(), "GET", "/health").status(), 200);

    Child honest(program(10));
    ASSERT_EQ(honest.next_line(), "ready");
    ASSERT_TRUE(flowtap.attaches_to(honest.pid())) << flowtap.log();
    // One that was attached to amid its definitions is not seen whole at first.
    EXPECT_TRUE(eventually([&] { return nodes_of_a_round(flowtap, honest) == 7; })) << flowtap.log();
    EXPECT_TRUE(identity_holds(flowtap.scrape()));
    EXPECT_EQ(test::request(flowtap.port(), "GET", "/health").status(), 200);
    hostile.send_line("run");
    EXPECT_EQ(hostile.next_line(), "ran");
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

TEST_F(HostileTargetTest, AProcessThatGrowsTooLargeKeepsWhatIsObserved) {
    Child hostile(program(10));
    ASSERT_EQ(hostile.next_line(), "ready");
    FlowtapDaemon flowtap({"--profile", profile_, "--pid", std::to_string(hostile.pid())});
    EXPECT_EQ(nodes_of_a_round(flowtap, hostile), 7);
    hostile.send_line("grow");
    EXPECT_EQ(hostile.next_line(), "ran");
    const std::string process = "process " + std::to_string(hostile.pid());
    EXPECT_TRUE(eventually([&] {
        return flowtap.log().find(process + ": functions found since the attach are not observed: inspect " +
                                  process + ": it takes more than") != std::string::npos;
    })) << flowtap.log();
    EXPECT_NE(flowtap.log().find("(a process with so many classes, functions or modules is not observed)"),
              std::string::npos);
    EXPECT_EQ(nodes_of_a_round(flowtap, hostile), 7);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace flowtap::system_test::hostile_target_test

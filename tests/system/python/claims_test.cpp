// SPDX-License-Identifier: Apache-2.0
// What flowtap claims of points and processes, and what turns out to be so.
#include <memory>
#include <nlohmann/json.hpp>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "system_test.h"
#include "target.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test::claims_test {
namespace {

constexpr const char* kProgram = R"(
import sys
class Job:
    def __init__(self):
        self.runs = 0
    def run(self):
        self.runs += 1
    def other(self):
        self.runs += 1
print('ready', flush=True)
for line in sys.stdin:
    job = Job()
    if line == 'seen\n':
        job.run(*[])
    elif line == 'unseen\n':
        for _ in range(3):
            job.run()
    print(job.runs, flush=True)
)";

constexpr const char* kProfile = R"(profile: jobs
runtime: cpython
modules: [__main__]
points:
  - name: job
    kind: node
    function: __main__:Job.run
    call: method
    node_type: self
)";

class ClaimsTest : public SystemTest {
protected:
    static nlohmann::json status(const FlowtapDaemon& flowtap) {
        return nlohmann::json::parse(test::request(flowtap.port(), "GET", "/api/v1/status").body);
    }
    static bool says(FlowtapDaemon& flowtap, const std::string& wanted) {
        return eventually([&] { return flowtap.child().errors().find(wanted) != std::string::npos; });
    }
    std::string write(const std::string& name, const std::string& text) {
        return directory_.write(name, text);
    }

    TemporaryDirectory directory_;
};

class PointClaims : public ClaimsTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (GetParam().empty()) GTEST_SKIP() << "missing: an interpreter";
        program_ =
            std::make_unique<Child>(std::vector<std::string>{GetParam(), "-B", write("jobs.py", kProgram)});
        program_->next_line();
        flowtap_ = std::make_unique<FlowtapDaemon>(std::vector<std::string>{
            "--profile", write("jobs.yaml", kProfile), "--pid", std::to_string(program_->pid())});
    }
    void run(const std::string& how) {
        program_->send_line(how);
        program_->next_line();
    }
    double of_point(const std::string& name) const {
        return flowtap_->scrape().sum(name, {{"profile", "jobs"}, {"point", "job"}});
    }

    std::unique_ptr<Child> program_;
    std::unique_ptr<FlowtapDaemon> flowtap_;
};

TEST_P(PointClaims, APointSaysThatItWasNeverHitUntilItIs) {
    EXPECT_TRUE(flowtap_->scrape().has("flowtap_point_executions_total", {{"point", "job"}}));
    EXPECT_EQ(status(*flowtap_)["targets"][0]["never_hit"], nlohmann::json::parse(R"(["jobs/job"])"));
    run("seen");
    EXPECT_EQ(of_point("flowtap_point_executions_total"), 1);
    EXPECT_TRUE(eventually([&] { return status(*flowtap_)["targets"][0]["never_hit"].empty(); }));
}

// Called as object.method(), it is not called from C, where it would be seen.
TEST_P(PointClaims, APointWhoseFunctionRunsUnseenSaysSo) {
    run("unseen");
    if (of_point("flowtap_point_executions_total") != 0)
        GTEST_SKIP() << "missing: a call that this version does not see";
    const std::string warning =
        "jobs/job: Job.run() has run since the attach, and no execution of it was seen";
    EXPECT_TRUE(eventually([&] { return of_point("flowtap_point_contradictions_total") == 1; },
                           std::chrono::seconds(60)));
    EXPECT_TRUE(says(*flowtap_, "not exact: " + warning));
    EXPECT_EQ(flowtap_->scrape().sum("flowtap_points", {{"state", "inexact"}}), 1);
    const nlohmann::json now = status(*flowtap_);
    EXPECT_EQ(now["reasons"][0], "process " + std::to_string(program_->pid()) + ": " + warning);
    EXPECT_EQ(now["healthy"], true);
    const std::string page = test::request(flowtap_->port(), "GET", "/").body;
    EXPECT_NE(page.find("Job.run() has run since the attach"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Pythons, PointClaims, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return python_target(info.param).name; });

// Waiting for an import is no failure.
TEST_F(ClaimsTest, AProcessThatHasNotImportedAnEngineIsNoFailure) {
    if (IsSkipped()) return;
    if (interpreters().front().empty()) GTEST_SKIP() << "missing: an interpreter";
    const std::string mark = "idle-" + std::to_string(::getpid());
    Child idle({interpreters().front(), "-c", "import sys; sys.stdin.read()", mark});
    FlowtapDaemon flowtap({"--match", mark});
    Child again({"/bin/sh", "-c", "while :; do sleep 0.05; done", mark});
    EXPECT_TRUE(eventually([&] {
        return flowtap.scrape().sum("flowtap_attach_failures_total", {{"reason", "no_profile"}}) == 1;
    })) << "the shell";
    EXPECT_EQ(flowtap.scrape().sum("flowtap_attach_failures_total"), 1);
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "failed"}}), 1);
}

TEST_F(ClaimsTest, ARefusalIsSaidOnceOfEachProgramAndShownUntilTheProcessIsGone) {
    if (IsSkipped()) return;
    const std::string number = std::to_string(3'000'000 + ::getpid());
    FlowtapDaemon flowtap({"--match", "sleep " + number});
    auto first = std::make_unique<Child>(std::vector<std::string>{"/bin/sleep", number});
    auto second = std::make_unique<Child>(std::vector<std::string>{"/bin/sleep", number});
    const auto failed = [&] { return flowtap.scrape().sum("flowtap_targets", {{"state", "failed"}}); };
    EXPECT_TRUE(eventually([&] { return failed() == 2; }));
    EXPECT_EQ(flowtap.scrape().sum("flowtap_attach_failures_total", {{"reason", "no_profile"}}), 2);
    const std::string log = flowtap.child().errors();
    const std::size_t said = log.find("(sleep): not attached: ");
    ASSERT_NE(said, std::string::npos) << log;
    EXPECT_EQ(log.find("(sleep): not attached: ", said + 1), std::string::npos) << log;
    const nlohmann::json targets = status(flowtap)["targets"];
    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(targets[0]["state"], "failed");
    EXPECT_NE(targets[0]["unobserved"][0].get<std::string>().find("no profile fits it"), std::string::npos);
    first.reset();
    second.reset();
    EXPECT_TRUE(eventually([&] { return failed() == 0; }));
}

TEST_F(ClaimsTest, AMistakeInAProfileIsSaidWhereProcessesAreMatched) {
    if (IsSkipped()) return;
    if (interpreters().front().empty()) GTEST_SKIP() << "missing: an interpreter";
    std::string text = kProfile;
    text.replace(text.find("Job.run"), 7, "Job.rnu");
    const std::string profile = write("wrong.yaml", text);
    Child program({interpreters().front(), "-B", write("jobs.py", kProgram)});
    program.next_line();
    FlowtapDaemon flowtap({"--profile", profile, "--match", directory_ / "jobs.py"});
    EXPECT_TRUE(says(flowtap, "not attached: plan point job (" + profile + ":")) << flowtap.child().errors();
    EXPECT_EQ(flowtap.scrape().sum("flowtap_attach_failures_total", {{"reason", "no_site"}}), 1);
}

// One that has not run is as it was. The other runs all the time, so that it is looked at again in due
// course.
TEST_F(ClaimsTest, AnIdleTargetIsNotPlannedAgain) {
    if (IsSkipped()) return;
    if (interpreters().front().empty()) GTEST_SKIP() << "missing: an interpreter";
    const std::string profile = write("jobs.yaml", kProfile);
    Child resting({interpreters().front(), "-B", write("jobs.py", kProgram)});
    resting.next_line();
    FlowtapDaemon flowtap({"--profile", profile, "--pid", std::to_string(resting.pid())});
    const auto looks = [&](const char* reason) {
        return flowtap.scrape().sum("flowtap_target_looks_total", {{"reason", reason}});
    };
    EXPECT_TRUE(eventually([&] { return looks("changed") > 0; })) << "the first look finds a change";
    const double changed = looks("changed");
    std::string busy = kProgram;
    busy.replace(busy.find("for line"), std::string::npos, "while True: pass\n");
    Child running({interpreters().front(), "-B", write("busy.py", busy)});
    running.next_line();
    FlowtapDaemon other({"--profile", profile, "--pid", std::to_string(running.pid())});
    EXPECT_TRUE(eventually(
        [&] {
            return other.scrape().sum("flowtap_target_looks_total", {{"reason", "routine"}}) > 0;
        },
        std::chrono::seconds(60)));
    EXPECT_EQ(looks("routine"), 0);
    EXPECT_EQ(looks("changed"), changed);
}

}  // namespace
}  // namespace flowtap::system_test::claims_test

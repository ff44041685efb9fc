// SPDX-License-Identifier: Apache-2.0
// The endpoint of a running daemon.
#include <gmock/gmock.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "unit/http/browser.h"
#include "unit/http/http_client.h"
#include "workload.h"

namespace flowtap::system_test::http_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class HttpTest : public SystemTest {
protected:
    static std::vector<std::string> watch(const Workload& workload) {
        return {"--pid", workload.pid_text(), "--profile", kEngineCProfile};
    }
    static test::Reply get(const FlowtapDaemon& flowtap, const std::string& path) {
        return test::request(flowtap.port(), "GET", path);
    }
};

// Holds the thread that runs the event loop, and no other, until it goes.
class StoppedThread {
public:
    explicit StoppedThread(pid_t tid) : tid_(tid) {
        EXPECT_EQ(::ptrace(PTRACE_SEIZE, tid_, nullptr, nullptr), 0);
        EXPECT_EQ(::ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr), 0);
        EXPECT_EQ(::waitpid(tid_, nullptr, __WALL), tid_);
    }
    StoppedThread(const StoppedThread&) = delete;
    StoppedThread& operator=(const StoppedThread&) = delete;
    ~StoppedThread() { ::ptrace(PTRACE_DETACH, tid_, nullptr, nullptr); }

private:
    pid_t tid_;
};

TEST_F(HttpTest, StatusAndPageShowTheTargetsNumbersAndNoneOfItsSecrets) {
    Workload workload({kEngineC, "--runs", "20", "--nodes", "3", "--fail-every", "4"});
    FlowtapDaemon flowtap(watch(workload));
    workload.run_round();

    const std::string text = get(flowtap, "/api/v1/status").body;
    const json status = json::parse(text);
    const double started = flowtap.scrape().sum("workflow_executions_total", {{"status", "started"}});
    double shown = 0;
    for (const json& row : status["workflows"]) shown += row["started"].get<double>();
    EXPECT_EQ(shown, started);
    EXPECT_GT(started, 0);
    ASSERT_EQ(status["targets"].size(), 1U);
    EXPECT_EQ(status["targets"][0]["pid"], workload.pid());
    EXPECT_EQ(status["targets"][0]["executable"], "engine_c");
    EXPECT_FALSE(status["targets"][0]["observed"].empty());
    EXPECT_THAT(text, Not(HasSubstr("--fail-every"))) << "no command lines";

    const std::string page = get(flowtap, "/").body;
    for (const json& row : status["workflows"]) {
        EXPECT_THAT(page, HasSubstr(row["workflow_id"].get<std::string>()));
    }
    EXPECT_THAT(page, HasSubstr("<svg"));
    EXPECT_THAT(page, Not(HasSubstr("--fail-every")));
}

TEST_F(HttpTest, ABrowserShowsTheTargetsNumbers) {
    if (!test::has_browser()) GTEST_SKIP() << "missing: the program chromium";
    Workload workload({kEngineC, "--runs", "20", "--nodes", "3", "--fail-every", "4"});
    FlowtapDaemon flowtap(watch(workload));
    workload.run_round();
    const json status = json::parse(get(flowtap, "/api/v1/status").body);
    const std::string page = test::page_in_browser(flowtap.port(), 4);
    ASSERT_FALSE(status["nodes"].empty());
    for (const char* kind : {"workflows", "nodes"}) {
        for (const json& row : status[kind]) {
            EXPECT_THAT(page, HasSubstr(row["workflow_id"].get<std::string>()));
            EXPECT_THAT(page, HasSubstr(">" + std::to_string(row["started"].get<int>()) + "<"));
        }
    }
}

TEST_F(HttpTest, HealthReportsAStalledLoopAndItsRecovery) {
    Workload workload({kEngineC, "--runs", "2", "--nodes", "1"});
    FlowtapDaemon flowtap(watch(workload));
    EXPECT_EQ(get(flowtap, "/health").status(), 200);
    EXPECT_EQ(get(flowtap, "/-/ready").status(), 200);
    {
        const StoppedThread event_loop(flowtap.child().pid());
        test::Reply reply;
        EXPECT_TRUE(eventually([&] { return (reply = get(flowtap, "/health")).status() == 503; }));
        EXPECT_THAT(reply.body, HasSubstr("event loop: no sign of life for"));
        EXPECT_EQ(get(flowtap, "/metrics").status(), 503) << "old numbers are not served as new ones";
    }
    EXPECT_TRUE(eventually([&] { return get(flowtap, "/health").status() == 200; }));
}

TEST_F(HttpTest, ReloadsByRequestWhereThatIsAllowed) {
    Workload workload({kEngineC, "--runs", "2", "--nodes", "1"});
    FlowtapDaemon without(watch(workload));
    EXPECT_EQ(test::request(without.port(), "POST", "/-/reload").status(), 403);

    const TemporaryDirectory directory;
    const std::string config = directory.write("flowtap.yaml", "web.enable-lifecycle: true\n");
    std::vector<std::string> options = watch(workload);
    options.insert(options.end(), {"--config", config});
    FlowtapDaemon with(options);
    EXPECT_EQ(test::request(with.port(), "POST", "/-/reload").status(), 200);
    EXPECT_NE(directory.write("flowtap.yaml", "web.enable-lifecycle: true\nno-such-key: 1\n"), "");
    const test::Reply refused = test::request(with.port(), "POST", "/-/reload");
    EXPECT_EQ(refused.status(), 500);
    EXPECT_THAT(refused.body, HasSubstr("no-such-key"));
}

TEST_F(HttpTest, AsksForThePasswordsOfTheWebConfig) {
    Workload workload({kEngineC, "--runs", "2", "--nodes", "1"});
    const TemporaryDirectory directory;
    const std::string web = directory.write(
        "web.yaml",
        "basic_auth_users: {ann: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW}\n");
    std::vector<std::string> options = watch(workload);
    options.insert(options.end(), {"--web.config.file", web});
    const FlowtapDaemon flowtap(options);
    EXPECT_EQ(get(flowtap, "/metrics").status(), 401);
    const auto with = [&](const std::string& credentials) {
        return test::request(flowtap.port(), "GET", "/metrics",
                             "Authorization: Basic " + credentials + "\r\n");
    };
    EXPECT_EQ(with("YW5uOlUqVQ==").status(), 200);  // ann:U*U
    EXPECT_EQ(with("YW5uOmF0bA==").status(), 401);
}

}  // namespace
}  // namespace flowtap::system_test::http_test

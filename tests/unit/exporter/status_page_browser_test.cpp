// SPDX-License-Identifier: Apache-2.0
// The page in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "exporter/http/http_server.h"
#include "exporter/views/http_routes.h"
#include "tests/unit/http/browser.h"

namespace flowtap::status_page_browser_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class StatusPageInBrowser : public testing::Test {
protected:
    void SetUp() override {
        if (!test::has_browser()) GTEST_SKIP() << "missing: the program chromium";
        auto started = HttpServer::start({.address = {"127.0.0.1", 0}}, service_of(content()));
        ASSERT_TRUE(started) << started.error().message();
        server_ = std::move(*started);
    }

    // Every answer has one execution more.
    HttpContent content() {
        return {.metrics = [](ScrapeFormat) -> Result<std::string> { return std::string(); },
                .health = [] { return Verdict{}; },
                .readiness = [] { return Verdict{}; },
                .status = [this] { return report(++asked_); }};
    }

    static StatusReport report(std::uint64_t asked) {
        StatusReport report{.version = "9.9"};
        report.targets.push_back({.pid = 42, .executable = "<script>document.title='taken'</script>"});
        report.activity.workflows.push_back(
            {.workflow_id = "<img src=x onerror=\"document.title='taken'\">", .started = 7'000 + asked});
        return report;
    }

    std::atomic<std::uint64_t> asked_ = 0;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(StatusPageInBrowser, RefreshesItself) {
    const std::string page = test::page_in_browser(server_->address().port, 10);
    EXPECT_THAT(page, HasSubstr("flowtap <small>9.9")) << "it is shown at all";
    EXPECT_THAT(page, HasSubstr("7,004")) << "after 3, 6 and 9 seconds";
    EXPECT_THAT(page, Not(HasSubstr("id=\"pause\" hidden"))) << "the policy lets its script run";
}

TEST_F(StatusPageInBrowser, RunsNothingThatATargetPutIntoAName) {
    const std::string page = test::page_in_browser(server_->address().port, 4);
    EXPECT_THAT(page, HasSubstr("&lt;img src=x"));
    EXPECT_THAT(page, HasSubstr("<title>flowtap</title>"));
}

TEST_F(StatusPageInBrowser, SaysWhenFlowtapNoLongerAnswers) {
    const std::uint16_t port = server_->address().port;
    auto first_only = content();
    first_only.status = [this]() -> StatusReport {
        if (++asked_ > 1) throw std::runtime_error("gone");
        return report(1);
    };
    server_.reset();
    auto started = HttpServer::start({.address = {"127.0.0.1", port}}, service_of(first_only));
    ASSERT_TRUE(started) << started.error().message();
    const std::string page = test::page_in_browser(port, 5);
    EXPECT_THAT(page, HasSubstr("No answer from flowtap: the numbers are of"));
    EXPECT_THAT(page, HasSubstr("7,001")) << "the last ones stay";
}

}  // namespace
}  // namespace flowtap::status_page_browser_test

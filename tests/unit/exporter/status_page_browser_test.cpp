// SPDX-License-Identifier: Apache-2.0
// The page in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "exporter/http/http_server.h"
#include "exporter/views/html.h"
#include "exporter/views/http_routes.h"
#include "exporter/views/status_page.h"
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
    EXPECT_THAT(page, HasSubstr("No answer from flowtap: the numbers are from"));
    EXPECT_THAT(page, HasSubstr("7,001")) << "the last ones stay";
}

// A report whose tables have something in every column, with names as engines have them.
StatusReport full_report() {
    StatusReport report{.version = "9.9"};
    ActivityRow row{.workflow_id = "order-fulfilment-with-inventory", .started = 1'234'567, .active = 12};
    row.ended[Status::kSuccess] = 1'200'000;
    row.ended[Status::kFailed] = 34'567;
    row.ended[Status::kAborted] = 120;
    row.oldest_active_seconds = 7300;
    row.rate = 123.4;
    row.error_rate = 1.5;
    row.share = 0.42;
    row.on_critical_path = 0.87;
    row.p50 = 0.0123;
    row.p99 = 61;
    row.errors = {{"NodeExecutionTimeoutError", 34'000}, {"ValueError", 567}};
    report.activity.workflows = {row};
    row.node_id = "charge_credit_card";
    row.node_type = "AsyncPaymentGatewayNode";
    report.activity.nodes = {row, row, row};
    TargetReport target{.pid = 42, .executable = "python3.11", .profile = "kailash"};
    target.points = {{.name = "kailash/parallel-cyclic-runtime",
                      .state = PointState::kUnobserved,
                      .remark = "hardware watches do not fire on this machine"},
                     {.name = "kailash/node",
                      .mechanism = "context variable",
                      .group = "context variable",
                      .executions = 1'234'567,
                      .hits = 4'000'000,
                      .added_seconds = 12.5}};
    report.targets = {target};
    return report;
}

// How many pixels of the page, or of one of its tables, do not fit where it has so many to its width.
std::string overflow_at(int width) {
    std::string page = to_html(full_report());
    const std::string closed = "<details id=\"target-";
    page.replace(page.find(closed), closed.size(), "<details open id=\"target-");
    const test::TemporaryFiles files;
    const std::string wrapper = files.write(
        "frame.html", "<iframe id=f style=\"border:0\" height=900 width=" + std::to_string(width) +
                          " srcdoc=\"" + escaped(page) +
                          "\"></iframe><script>f.onload = () => { const d = f.contentDocument; let most = 0;"
                          "for (const e of [d.documentElement, ...d.querySelectorAll('.scroll')])"
                          " most = Math.max(most, e.scrollWidth - e.clientWidth);"
                          "document.title = 'overflow ' + most + ' of ' + d.documentElement.clientWidth;"
                          "};</script>");
    const std::string shown = test::shown_in_browser("file://" + wrapper, 2);
    const std::size_t begin = shown.find("<title>");
    return begin == std::string::npos ? "nothing shown"
                                      : shown.substr(begin, shown.find('<', begin + 1) - begin);
}

TEST_F(StatusPageInBrowser, FitsItsWindow) {
    for (const int width : {420, 760, 1100, 1400})
        EXPECT_THAT(overflow_at(width), HasSubstr("overflow 0 of ")) << width;
}

}  // namespace
}  // namespace flowtap::status_page_browser_test

// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/http_routes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "exporter/http/http_server.h"
#include "exporter/metrics/metrics.h"
#include "tests/unit/http/gunzip.h"
#include "tests/unit/http/http_client.h"

namespace flowtap::http_routes_test {
namespace {

using test::request;

constexpr const char* kMetricsText = "# TYPE answer gauge\nanswer 42\n";

class HttpRoutesTest : public testing::Test {
protected:
    void start() {
        auto started = HttpServer::start({.address = {"127.0.0.1", 0}}, service_of(content()));
        ASSERT_TRUE(started) << started.error().message();
        server_ = std::move(*started);
    }

    HttpContent content() {
        return {.metrics = [this](ScrapeFormat format) -> Result<std::string> {
                    if (silent_) return Error{"collect", "numbers", "the event loop is silent"};
                    return format == ScrapeFormat::kText ? std::string(kMetricsText) : "other";
                },
                .health = [this] { return healthy_ ? Verdict{} : Verdict{{"ring buffer: full"}}; },
                .readiness = [this] { return ready_ ? Verdict{} : Verdict{{"targets: not yet"}}; },
                .status = [this] { return throws_ ? throw std::runtime_error("no") : StatusReport{"9.9"}; }};
    }

    [[nodiscard]] std::uint16_t port() const { return server_->address().port; }

    std::atomic<bool> healthy_ = true;
    std::atomic<bool> ready_ = true;
    std::atomic<bool> throws_ = false;
    std::atomic<bool> silent_ = false;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpRoutesTest, MetricsAreTextOfVersion004) {
    start();
    const auto reply = request(port(), "GET", "/metrics");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_TRUE(reply.has("Content-Type: text/plain; version=0.0.4; charset=utf-8")) << reply.head;
    EXPECT_EQ(reply.body, kMetricsText);
    EXPECT_EQ(request(port(), "GET", "/metrics?name[]=x").body, kMetricsText) << "a query changes nothing";
}

TEST_F(HttpRoutesTest, MetricsAreInTheFormatThatIsAskedFor) {
    start();
    const auto reply = request(port(), "GET", "/metrics", "Accept: application/openmetrics-text\r\n");
    EXPECT_TRUE(reply.has("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"))
        << reply.head;
    EXPECT_EQ(reply.body, "other");
}

TEST_F(HttpRoutesTest, MetricsAreGzippedWhenAskedFor) {
    start();
    const auto reply = request(port(), "GET", "/metrics", "Accept-Encoding: gzip\r\n");
    EXPECT_TRUE(reply.has("Content-Encoding: gzip")) << reply.head;
    EXPECT_TRUE(reply.has("Content-Length: " + std::to_string(reply.body.size()))) << reply.head;
    EXPECT_EQ(test::gunzip(reply.body), kMetricsText);
}

TEST_F(HttpRoutesTest, HeadGetsTheHeadersOfGet) {
    start();
    for (const char* path : {"/metrics", "/health", "/", "/api/v1/status"}) {
        const auto reply = request(port(), "HEAD", path);
        EXPECT_EQ(reply.status(), 200) << path;
        const auto got = request(port(), "GET", path);
        EXPECT_TRUE(reply.has("Content-Length: " + std::to_string(got.body.size()))) << reply.head;
        EXPECT_EQ(reply.body, "") << path;
    }
}

TEST_F(HttpRoutesTest, OtherMethodsAreNotAllowed) {
    start();
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "GE", "EAD", "get"}) {
        const auto reply = request(port(), method, "/metrics", "Content-Length: 0\r\n");
        EXPECT_EQ(reply.status(), 405) << method;
        EXPECT_TRUE(reply.has("Allow: GET, HEAD")) << reply.head;
    }
    const auto with_body = test::converse(
        port(), "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_EQ(with_body.status(), 405);
}

TEST_F(HttpRoutesTest, ReloadingByRequestIsForbiddenUntilAllowed) {
    start();
    EXPECT_EQ(request(port(), "POST", "/-/reload").status(), 403);
    EXPECT_EQ(request(port(), "POST", "/-/reload").body,
              "reloading by request needs --web.enable-lifecycle\n");
    EXPECT_EQ(request(port(), "GET", "/-/reload").status(), 405);
}

TEST_F(HttpRoutesTest, ReloadingByRequestTellsHowItWent) {
    int reloads = 0;
    auto with_reload = content();
    with_reload.reload = [&reloads]() -> Result<void> {
        if (++reloads == 2) return Error{"load profile", "x.yaml", "line 3: no such key"};
        return {};
    };
    const auto server = HttpServer::start({.address = {"127.0.0.1", 0}}, service_of(with_reload));
    ASSERT_TRUE(server);
    const std::uint16_t port = (*server)->address().port;
    EXPECT_EQ(request(port, "POST", "/-/reload").status(), 200);
    const auto failed = request(port, "PUT", "/-/reload");
    EXPECT_EQ(failed.status(), 500);
    EXPECT_EQ(failed.body, "load profile x.yaml: line 3: no such key\n");
    EXPECT_EQ(request(port, "GET", "/-/reload").status(), 405);
    EXPECT_EQ(reloads, 2);
}

TEST_F(HttpRoutesTest, UnknownPathsAreNotFoundWhateverTheFilesHere) {
    start();
    for (const char* path :
         {"/nothing", "/metrics/x", "/../../etc/passwd", "/%2e%2e/etc/passwd", "/etc/passwd"}) {
        const auto reply = request(port(), "GET", path);
        EXPECT_EQ(reply.status(), 404) << path;
        EXPECT_EQ(reply.body, "no such page; / links to all pages\n") << path;
    }
}

TEST_F(HttpRoutesTest, HealthAndReadinessSayWhyNot) {
    start();
    for (const char* path : {"/health", "/-/healthy", "/ready", "/-/ready"}) {
        EXPECT_EQ(request(port(), "GET", path).status(), 200) << path;
    }
    EXPECT_EQ(request(port(), "GET", "/health").body, "{\"status\":\"healthy\"}\n");
    healthy_ = false;
    ready_ = false;
    for (const char* path : {"/health", "/-/healthy"}) {
        const auto reply = request(port(), "GET", path);
        EXPECT_EQ(reply.status(), 503) << path;
        EXPECT_TRUE(reply.has("Content-Type: application/json"));
        EXPECT_EQ(reply.body, "{\"status\":\"unhealthy\",\"reasons\":[\"ring buffer: full\"]}\n");
    }
    for (const char* path : {"/ready", "/-/ready"}) {
        const auto reply = request(port(), "GET", path);
        EXPECT_EQ(reply.status(), 503) << path;
        EXPECT_EQ(reply.body, "{\"status\":\"unready\",\"reasons\":[\"targets: not yet\"]}\n");
    }
}

TEST_F(HttpRoutesTest, StatusIsServedAsHtmlAndAsJson) {
    start();
    const auto page = request(port(), "GET", "/");
    EXPECT_TRUE(page.has("Content-Type: text/html; charset=utf-8"));
    EXPECT_NE(page.body.find("flowtap <small>9.9"), std::string::npos);
    const auto json = request(port(), "GET", "/api/v1/status");
    EXPECT_TRUE(json.has("Content-Type: application/json"));
    EXPECT_EQ(nlohmann::json::parse(json.body)["version"], "9.9");
}

TEST_F(HttpRoutesTest, ACallbackThatThrowsCostsOneAnswer) {
    start();
    throws_ = true;
    const auto failed = request(port(), "GET", "/api/v1/status");
    EXPECT_EQ(failed.status(), 500);
    EXPECT_EQ(failed.body, "flowtap could not create the response; it may be short of memory\n");
    EXPECT_EQ(request(port(), "GET", "/metrics").status(), 200);
}

TEST_F(HttpRoutesTest, MetricsAreRefusedWithTheReasonIfTheyAreNotCurrent) {
    start();
    silent_ = true;
    const auto reply = request(port(), "GET", "/metrics");
    EXPECT_EQ(reply.status(), 503);
    EXPECT_EQ(reply.body, "collect numbers: the event loop is silent\n");
    EXPECT_EQ(request(port(), "GET", "/health").status(), 200) << "it has a patience of its own";
    silent_ = false;
    EXPECT_EQ(request(port(), "GET", "/metrics").status(), 200);
}

// Behind a proxy the page stands under a prefix of which flowtap knows nothing.
TEST_F(HttpRoutesTest, ThePageHasNoAbsoluteLinks) {
    start();
    const std::string page = request(port(), "GET", "/").body;
    EXPECT_NE(page.find("href=\"metrics\""), std::string::npos);
    EXPECT_EQ(page.find("=\"/"), std::string::npos) << page;
    EXPECT_EQ(page.find("fetch('/"), std::string::npos) << page;
}

// The real metrics through all layers.
TEST_F(HttpRoutesTest, ServesCollectedMetrics) {
    Metrics metrics({.version = "0.0.1"});
    auto real = content();
    real.metrics = [&metrics](ScrapeFormat format) -> Result<std::string> {
        return metrics.expose(format, {});
    };
    const auto server = HttpServer::start({.address = {"127.0.0.1", 0}}, service_of(real));
    ASSERT_TRUE(server);
    const auto reply = request((*server)->address().port, "GET", "/metrics");
    EXPECT_NE(reply.body.find("flowtap_build_info{version=\"0.0.1\"} 1\n"), std::string::npos);
    EXPECT_NE(reply.body.find("process_start_time_seconds"), std::string::npos);
}

}  // namespace
}  // namespace flowtap::http_routes_test

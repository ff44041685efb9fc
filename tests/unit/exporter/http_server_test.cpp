// SPDX-License-Identifier: Apache-2.0
#include "exporter/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "exporter/metrics.h"
#include "gunzip.h"
#include "http_client.h"

namespace flowtap {
namespace {

using test::converse;
using test::request;

constexpr const char* kMetricsText = "# TYPE answer gauge\nanswer 42\n";

class HttpServerTest : public testing::Test {
protected:
    void start(const HttpLimits& limits = {}) {
        auto started = HttpServer::start({"127.0.0.1", 0}, content(), limits);
        ASSERT_TRUE(started) << started.error().message();
        server_ = std::move(*started);
        ASSERT_NE(port(), 0);
    }

    HttpContent content() {
        return {.metrics = [] { return std::string(kMetricsText); },
                .health = [this] { return healthy_ ? Verdict{} : Verdict{{"ring buffer: full"}}; },
                .readiness = [this] { return ready_ ? Verdict{} : Verdict{{"targets: not yet"}}; },
                .status = [this] { return throws_ ? throw std::runtime_error("no") : StatusReport{"9.9"}; }};
    }

    [[nodiscard]] std::uint16_t port() const { return server_->address().port; }

    std::atomic<bool> healthy_ = true;
    std::atomic<bool> ready_ = true;
    std::atomic<bool> throws_ = false;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, MetricsAreTextOfVersion004) {
    start();
    const auto reply = request(port(), "GET", "/metrics");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_TRUE(reply.has("Content-Type: text/plain; version=0.0.4; charset=utf-8")) << reply.head;
    EXPECT_EQ(reply.body, kMetricsText);
    EXPECT_EQ(request(port(), "GET", "/metrics?name[]=x").body, kMetricsText) << "a query changes nothing";
}

TEST_F(HttpServerTest, MetricsAreGzippedWhenAskedFor) {
    start();
    const auto reply = request(port(), "GET", "/metrics", "Accept-Encoding: gzip\r\n");
    EXPECT_TRUE(reply.has("Content-Encoding: gzip")) << reply.head;
    EXPECT_TRUE(reply.has("Content-Length: " + std::to_string(reply.body.size()))) << reply.head;
    EXPECT_EQ(test::gunzip(reply.body), kMetricsText);
}

TEST_F(HttpServerTest, HeadGetsTheHeadersOfGet) {
    start();
    const auto got = request(port(), "GET", "/metrics");
    const auto reply = request(port(), "HEAD", "/metrics");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.head, got.head);
    EXPECT_EQ(reply.body, "");
}

TEST_F(HttpServerTest, OtherMethodsAreNotAllowed) {
    start();
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
        const auto reply = request(port(), method, "/metrics", "Content-Length: 4\r\n");
        EXPECT_EQ(reply.status(), 405) << method;
        EXPECT_TRUE(reply.has("Allow: GET, HEAD")) << reply.head;
    }
    const auto with_body =
        converse(port(), "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_EQ(with_body.status(), 405);
}

TEST_F(HttpServerTest, UnknownPathsAreNotFoundWhateverTheFilesHere) {
    start();
    for (const char* path :
         {"/nothing", "/metrics/x", "/../../etc/passwd", "/%2e%2e/etc/passwd", "/etc/passwd"}) {
        EXPECT_EQ(request(port(), "GET", path).status(), 404) << path;
    }
}

TEST_F(HttpServerTest, HealthAndReadinessSayWhyNot) {
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

TEST_F(HttpServerTest, StatusComesForPeopleAndForPrograms) {
    start();
    const auto page = request(port(), "GET", "/");
    EXPECT_TRUE(page.has("Content-Type: text/html; charset=utf-8"));
    EXPECT_NE(page.body.find("flowtap 9.9"), std::string::npos);
    const auto json = request(port(), "GET", "/api/v1/status");
    EXPECT_TRUE(json.has("Content-Type: application/json"));
    EXPECT_EQ(nlohmann::json::parse(json.body)["version"], "9.9");
}

TEST_F(HttpServerTest, ACallbackThatThrowsCostsOneAnswer) {
    start();
    throws_ = true;
    EXPECT_EQ(request(port(), "GET", "/api/v1/status").status(), 500);
    EXPECT_EQ(request(port(), "GET", "/metrics").status(), 200);
}

TEST_F(HttpServerTest, StalledClientsDoNotBlockAScrape) {
    start({.request_timeout_ms = 60'000});
    const Fd silent = test::connect_to(port());
    const Fd half = test::connect_to(port());
    test::send_text(half, "GET /metrics HTTP/1.1\r\nHost:");
    EXPECT_EQ(request(port(), "GET", "/metrics").body, kMetricsText);
    EXPECT_EQ(request(port(), "GET", "/health").status(), 200);
}

TEST_F(HttpServerTest, AStalledClientIsDroppedAfterItsTime) {
    start({.threads = 1, .request_timeout_ms = 200});
    const Fd half = test::connect_to(port());
    test::send_text(half, "GET /metrics HTTP/1.1\r\nHost:");
    EXPECT_EQ(request(port(), "GET", "/metrics").body, kMetricsText) << "the only thread came free";
}

TEST_F(HttpServerTest, AHeadThatIsTooLargeIsRefused) {
    start();
    const std::string long_header = "X-Long: " + std::string(20'000, 'x') + "\r\n";
    EXPECT_NE(request(port(), "GET", "/metrics", long_header).status(), 200);
    EXPECT_EQ(request(port(), "GET", "/metrics").status(), 200);
}

TEST_F(HttpServerTest, GarbageIsRefusedAndServingGoesOn) {
    start();
    for (const std::string& garbage : {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"),
                                       std::string("\x16\x03\x01\x02\0\x01\0\r\n\r\n", 11),
                                       std::string("GET /metrics HTTP/9.9\r\n\r\n")}) {
        EXPECT_EQ(converse(port(), garbage).body.find("answer 42"), std::string::npos) << garbage;
    }
    EXPECT_EQ(request(port(), "GET", "/metrics").status(), 200);
}

TEST_F(HttpServerTest, APortInUseIsAnErrorThatNamesItAndSaysWhatToDo) {
    start();
    const auto second = HttpServer::start(server_->address(), content());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Error::Kind::kFailed);
    EXPECT_EQ(second.error().subject, "127.0.0.1:" + std::to_string(port()));
    EXPECT_EQ(second.error().cause, "Address already in use");
    EXPECT_NE(second.error().remedy.find("--listen"), std::string::npos);
    EXPECT_EQ(request(port(), "GET", "/metrics").status(), 200) << "the first goes on";
}

TEST_F(HttpServerTest, ThePortIsFreeOnceTheServerIsGone) {
    start();
    const auto address = server_->address();
    server_.reset();
    EXPECT_TRUE(HttpServer::start(address, content()));
}

// Debian's civetweb is built without IPv6.
TEST_F(HttpServerTest, Ipv6IsServedOrRefusedWithTheReason) {
    const auto server = HttpServer::start({"::1", 0}, content());
    if (server) {
        EXPECT_NE((*server)->address().port, 0);
    } else {
        EXPECT_EQ(server.error().subject, "[::1]:0");
        EXPECT_NE(server.error().cause, "");
    }
}

TEST_F(HttpServerTest, ALargeAnswerArrivesWhole) {
    auto with_megabytes = content();
    const std::string large(8U << 20U, 'm');
    with_megabytes.metrics = [&large] { return large; };
    const auto server = HttpServer::start({"127.0.0.1", 0}, with_megabytes);
    ASSERT_TRUE(server);
    EXPECT_EQ(request((*server)->address().port, "GET", "/metrics").body, large);
}

// The real metrics through all layers, on the small stacks civetweb gives its threads.
TEST_F(HttpServerTest, ServesCollectedMetrics) {
    Metrics metrics({.version = "0.0.1"});
    auto real = content();
    real.metrics = [&metrics] { return to_text(metrics.collect(0)); };
    const auto server = HttpServer::start({"127.0.0.1", 0}, real);
    ASSERT_TRUE(server);
    const auto reply = request((*server)->address().port, "GET", "/metrics");
    EXPECT_NE(reply.body.find("flowtap_build_info{version=\"0.0.1\"} 1\n"), std::string::npos);
    EXPECT_NE(reply.body.find("process_start_time_seconds"), std::string::npos);
}

}  // namespace
}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "http_client.h"
#include "tests/system/support/eventually.h"
#include "tests/unit/process/no_descriptors.h"

namespace flowtap::http_server_test {
namespace {

using namespace std::chrono_literals;
using test::converse;
using test::request;

constexpr const char* kText = "answer 42\n";

// Answers /slow when it is let go, /large with megabytes, /throw not at all, everything else at once.
class HttpServerTest : public testing::Test {
protected:
    ~HttpServerTest() override { let_go(); }

    void start(const HttpLimits& limits = {}, const char* host = "127.0.0.1") {
        auto started = HttpServer::start(
            {.address = {host, 0}, .limits = limits, .log = [this](const std::string& line) { note(line); }},
            service());
        ASSERT_TRUE(started) << started.error().message();
        server_ = std::move(*started);
        ASSERT_NE(port(), 0);
    }

    HttpService service() {
        return {[](const HttpRequest& request) { return request.path == "/quick"; },
                [this](const HttpRequest& request) { return answer(request); }};
    }

    HttpResponse answer(const HttpRequest& request) {
        if (request.path == "/throw") throw std::runtime_error("no");
        if (request.path.starts_with("/echo")) return {200, kPlainType, request.path};
        if (request.path == "/large") return {200, kPlainType, std::string(8U << 20U, 'm')};
        if (request.path == "/slow") {
            std::unique_lock lock(mutex_);
            ++waiting_;
            changed_.notify_all();
            changed_.wait(lock, [this] { return may_go_; });
        }
        return {200, kPlainType, kText};
    }

    void note(const std::string& line) {
        const std::lock_guard lock(mutex_);
        said_.push_back(line);
    }
    std::vector<std::string> said() {
        const std::lock_guard lock(mutex_);
        return said_;
    }

    void await_slow_ones(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this, count] { return waiting_ >= count; });
    }

    void let_go() {
        {
            const std::lock_guard lock(mutex_);
            may_go_ = true;
        }
        changed_.notify_all();
    }

    [[nodiscard]] std::uint16_t port() const { return server_->address().port; }

    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;                // guarded by mutex_
    bool may_go_ = false;            // likewise
    std::vector<std::string> said_;  // likewise
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWithTheServicesBody) {
    start();
    const auto reply = request(port(), "GET", "/any?query=x");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_TRUE(reply.has("Content-Type: text/plain; charset=utf-8")) << reply.head;
    EXPECT_TRUE(reply.has("X-Content-Type-Options: nosniff"));
    EXPECT_EQ(reply.body, kText);
}

TEST_F(HttpServerTest, ATargetWithSchemeAndAuthorityIsThatOfItsPath) {
    start();
    EXPECT_EQ(request(port(), "GET", "http://proxied.example:80/echo/1?query=x").body, "/echo/1");
    EXPECT_EQ(request(port(), "GET", "HTTPS://proxied.example/echo").body, "/echo");
    EXPECT_EQ(request(port(), "GET", "http://proxied.example").status(), 200);
}

TEST_F(HttpServerTest, ARequestWithTwoLengthsIsRefusedAndItsConnectionEnded) {
    start();
    const auto reply =
        converse(port(),
                 "POST /any HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /echo/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(reply.status(), 400);
    EXPECT_TRUE(reply.has("Connection: close")) << reply.head;
    EXPECT_EQ(reply.body, "Content-Length and Transfer-Encoding exclude each other\n");
}

TEST_F(HttpServerTest, AServiceThatThrowsCostsOneAnswer) {
    start();
    EXPECT_EQ(request(port(), "GET", "/throw").status(), 500);
    EXPECT_EQ(request(port(), "GET", "/any").status(), 200);
}

TEST_F(HttpServerTest, OneConnectionServesManyRequestsAlsoPipelined) {
    start();
    const std::string one = "GET /any HTTP/1.1\r\nHost: x\r\n\r\n";
    std::string pipelined;
    for (int count = 0; count < 50; ++count) pipelined += one;
    const Fd socket = test::connect_to(port());
    test::send_text(socket, pipelined + "GET /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string received = test::receive_all(socket);
    int answers = 0;
    for (std::size_t at = 0; (at = received.find(kText, at)) != std::string::npos; ++at) ++answers;
    EXPECT_EQ(answers, 51);
}

TEST_F(HttpServerTest, AClientThatClosedItsSideStillGetsItsAnswer) {
    start();
    const Fd socket = test::connect_to(port());
    test::send_text(socket, "GET /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ::shutdown(socket.get(), SHUT_WR);
    EXPECT_NE(test::receive_all(socket).find(kText), std::string::npos);
}

TEST_F(HttpServerTest, AnswersThatWaitHoldUpNeitherQuickOnesNorOtherWorkers) {
    start({.workers = 2});
    const Fd slow = test::connect_to(port());
    test::send_text(slow, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await_slow_ones(1);
    EXPECT_EQ(request(port(), "GET", "/any").body, kText) << "the other worker";
    const Fd second = test::connect_to(port());
    test::send_text(second, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await_slow_ones(2);
    EXPECT_EQ(request(port(), "GET", "/quick").body, kText) << "no worker needed";
    let_go();
    EXPECT_NE(test::receive_all(slow).find(kText), std::string::npos);
}

TEST_F(HttpServerTest, MoreRequestsThanMayWaitAreRefusedAtOnce) {
    start({.workers = 1, .waiting = 1});
    std::vector<Fd> slow;
    for (int count = 0; count < 2; ++count) {
        slow.push_back(test::connect_to(port()));
        test::send_text(slow.back(), "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        if (count == 0) await_slow_ones(1);
    }
    // The second one may still be on its way when the third arrives, and then it is the one refused.
    test::Reply refused;
    system_test::eventually([&] { return (refused = request(port(), "GET", "/quick")).status() == 200; });
    std::vector<Fd> more;
    for (int count = 0; count < 3; ++count) {
        more.push_back(test::connect_to(port()));
        test::send_text(more.back(), "GET /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    const std::string reply = test::receive_all(more.back());
    EXPECT_NE(reply.find("503"), std::string::npos) << reply;
    EXPECT_TRUE(reply.ends_with("too many requests at once; try again\n")) << reply;
    EXPECT_NE(reply.find("Retry-After: 1"), std::string::npos) << reply;
}

TEST_F(HttpServerTest, ThousandIdleConnectionsDoNotStopServing) {
    start({.connections = 200});
    std::vector<Fd> idle;
    for (int count = 0; count < 1000; ++count) {
        idle.push_back(test::connect_to(port()));
        if (count % 2 == 0) test::send_text(idle.back(), "GET /any HTTP/1.1\r\nHost:");
    }
    EXPECT_EQ(request(port(), "GET", "/any").body, kText);
    EXPECT_EQ(request(port(), "GET", "/quick").body, kText);
}

// A request on a connection that stays open; its answer.
std::string ask(const Fd& socket) {
    test::send_text(socket, "GET /any HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string answer;
    char buffer[4096];
    while (answer.find(kText) == std::string::npos) {
        const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (count <= 0) break;
        answer.append(buffer, static_cast<std::size_t>(count));
    }
    return answer;
}

std::vector<Fd> unconnected(int count) {
    std::vector<Fd> sockets;
    for (int made = 0; made < count; ++made) sockets.push_back(test::unconnected());
    return sockets;
}

TEST_F(HttpServerTest, ClientsAreServedFromTheReserveWhenNoOtherDescriptorIsLeft) {
    start({.reserve = 2});
    const std::vector<Fd> clients = unconnected(2);
    const test::NoDescriptors none;
    for (const Fd& client : clients) {
        test::connect(client, port());
        EXPECT_NE(ask(client).find(kText), std::string::npos);
    }
    EXPECT_EQ(said(), std::vector<std::string>());
}

TEST_F(HttpServerTest, WhereTheReserveIsUsedUpTheIdlestClientMakesRoom) {
    start({.reserve = 1});
    const std::vector<Fd> clients = unconnected(3);
    const test::NoDescriptors none;
    for (const Fd& client : clients) {
        test::connect(client, port());
        EXPECT_NE(ask(client).find(kText), std::string::npos);
    }
    EXPECT_EQ(test::receive_all(clients[0]), "") << "it was ended";
    EXPECT_EQ(said().size(), 2U) << "once for each time that clients began to wait";
}

TEST_F(HttpServerTest, ServesAgainAfterAShortageOfDescriptors) {
    start({.reserve = 0});
    const Fd first = test::connect_to(port());
    EXPECT_NE(ask(first).find(kText), std::string::npos);
    const std::vector<Fd> waiting = unconnected(1);
    {
        const test::NoDescriptors none;
        test::send_text(first, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");  // it cannot make room
        await_slow_ones(1);
        test::connect(waiting[0], port());
        ASSERT_TRUE(system_test::eventually([this] { return !said().empty(); }));
    }
    EXPECT_NE(ask(waiting[0]).find(kText), std::string::npos);
    EXPECT_EQ(request(port(), "GET", "/any").body, kText);
    ASSERT_EQ(said().size(), 1U);
    EXPECT_EQ(said()[0],
              "HTTP clients wait: no descriptor is left for them (raise the hard limit of open files: "
              "LimitNOFILE= in a systemd unit, ulimit -Hn in a shell)");
}

TEST_F(HttpServerTest, ASlowRequestHeadTimesOut) {
    start({.head_time = 300ms});
    const Fd trickling = test::connect_to(port());
    const Fd silent = test::connect_to(port());
    test::send_text(trickling, "GET /any HTTP/1.1\r\nX: ");
    // One byte every 50 ms would defeat a time-out that starts anew with each.
    system_test::eventually([&] { return ::send(trickling.get(), "x", 1, MSG_NOSIGNAL) < 0; });
    EXPECT_LT(::send(trickling.get(), "x", 1, MSG_NOSIGNAL), 0);
    EXPECT_EQ(test::receive_all(silent), "");
    EXPECT_EQ(request(port(), "GET", "/any").body, kText);
}

TEST_F(HttpServerTest, AnIdleConnectionTimesOut) {
    start({.idle_time = 200ms});
    const Fd socket = test::connect_to(port());
    test::send_text(socket, "GET /any HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(test::receive_all(socket).find(kText), std::string::npos) << "returns when the server closes";
}

TEST_F(HttpServerTest, SlowReadersOfLargeAnswersAreEndedAndHoldUpNobody) {
    start({.answer_time = 400ms});
    std::vector<Fd> readers;
    for (int count = 0; count < 20; ++count) {
        readers.push_back(test::connect_to(port()));
        test::send_text(readers.back(), "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    EXPECT_EQ(request(port(), "GET", "/any").body, kText);
    EXPECT_EQ(request(port(), "GET", "/quick").body, kText);
    // The connection is cut although something is read again and again.
    std::string some(4096, '\0');
    ssize_t taken = 0;
    system_test::eventually(
        [&] {
            taken += ::recv(readers[0].get(), some.data(), some.size(), 0);
            return false;
        },
        800ms);
    EXPECT_GT(taken, 0);
    EXPECT_LT(static_cast<std::size_t>(taken) + test::receive_all(readers[0]).size(), 8U << 20U);
    EXPECT_LT(test::receive_all(readers[1]).size(), 8U << 20U);
}

TEST_F(HttpServerTest, ALargeAnswerArrivesWhole) {
    start();
    EXPECT_EQ(request(port(), "GET", "/large").body, std::string(8U << 20U, 'm'));
}

TEST_F(HttpServerTest, AHeadThatIsTooLargeIsRefused) {
    start();
    const std::string long_header = "X-Long: " + std::string(40'000, 'x') + "\r\n";
    EXPECT_NE(request(port(), "GET", "/any", long_header).status(), 200);
    EXPECT_EQ(request(port(), "GET", "/any").status(), 200);
}

TEST_F(HttpServerTest, GarbageIsRefusedAndServingGoesOn) {
    start({.head_time = 500ms});
    for (const std::string& garbage :
         {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"),
          std::string("\x16\x03\x01\x02\0\x01\0\r\n\r\n", 11), std::string("GET /any HTTP/9.9\r\n\r\n")}) {
        EXPECT_EQ(converse(port(), garbage).body.find(kText), std::string::npos) << garbage;
    }
    EXPECT_EQ(request(port(), "GET", "/any").status(), 200);
}

TEST_F(HttpServerTest, EndsAtOnceWithConnectionsOpenAndRequestsWaiting) {
    start({.workers = 1});
    const Fd idle = test::connect_to(port());
    std::vector<Fd> slow;
    for (int count = 0; count < 3; ++count) {
        slow.push_back(test::connect_to(port()));
        test::send_text(slow.back(), "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    await_slow_ones(1);
    let_go();
    server_.reset();
    EXPECT_EQ(test::receive_all(idle), "");
}

TEST_F(HttpServerTest, APortInUseIsAnErrorThatNamesItAndSaysWhatToDo) {
    start();
    const auto second = HttpServer::start({.address = server_->address()}, service());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Error::Kind::kFailed);
    EXPECT_EQ(second.error().subject, "127.0.0.1:" + std::to_string(port()));
    EXPECT_EQ(second.error().cause, "Address already in use");
    EXPECT_NE(second.error().remedy.find("--listen"), std::string::npos);
    EXPECT_EQ(request(port(), "GET", "/any").status(), 200) << "the first goes on";
}

TEST_F(HttpServerTest, AnAddressOfAnotherMachineIsAnErrorThatSaysWhatToDo) {
    const auto server = HttpServer::start({.address = {"192.0.2.1", 0}}, service());  // TEST-NET-1, nobody's
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().message(),
              "serve HTTP on 192.0.2.1:0: Cannot assign requested address (choose an address of this machine "
              "with --listen)");
}

TEST_F(HttpServerTest, ThePortIsFreeOnceTheServerIsGone) {
    start();
    const auto address = server_->address();
    EXPECT_EQ(request(port(), "GET", "/any").status(), 200);
    server_.reset();
    EXPECT_TRUE(HttpServer::start({.address = address}, service()));
}

TEST_F(HttpServerTest, ServesIpv6AloneAndBothFamiliesOnItsAnyAddress) {
    if (!test::has_ipv6()) GTEST_SKIP() << "no IPv6 on this machine";
    start({}, "::1");
    const Fd over_ipv6 = test::connect_to_ipv6(port());
    test::send_text(over_ipv6, "GET /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(test::receive_all(over_ipv6).find(kText), std::string::npos);

    start({}, "::");
    EXPECT_EQ(request(port(), "GET", "/any").body, kText) << "IPv4, to the same socket";
    const Fd any = test::connect_to_ipv6(port());
    test::send_text(any, "GET /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(test::receive_all(any).find(kText), std::string::npos);
}

}  // namespace
}  // namespace flowtap::http_server_test

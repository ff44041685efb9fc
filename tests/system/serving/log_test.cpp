// SPDX-License-Identifier: Apache-2.0
// A log that nobody reads, or that nobody can read any more: it costs its lines and nothing else.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"
#include "workload.h"

namespace flowtap::system_test::log_test {
namespace {

std::uint16_t free_port() {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = test::loopback(0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0)
        return 0;
    return ntohs(address.sin_port);
}

// Not through http_client.h: what does not listen yet is no failure.
bool answers(std::uint16_t port) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = test::loopback(port);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// A daemon that writes its log into a pipe, of which the test has the reading end. Its lines are long ones on
// request: each reload of a config with a bad pattern says that pattern.
class LogTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        std::array<int, 2> ends = {};
        ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        reading_ = Fd(ends[0]);
        filling_ = Fd(ends[1]);
        workload_ = std::make_unique<Workload>(std::vector<std::string>{kEngineC, "--runs", "5"});
    }

    void start() {
        port_ = free_port();
        const std::string config = directory_.write("config.yaml", "web.enable-lifecycle: true\n");
        const std::string log =
            "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(filling_.get());
        flowtap_ = std::make_unique<Child>(
            std::vector<std::string>{"/bin/sh", "-c", "exec \"$@\" 2>" + log, "sh", kFlowtap, "run",
                                     "--config", config, "--listen", "127.0.0.1:" + std::to_string(port_),
                                     "--profile", kEngineCProfile, "--pid", workload_->pid_text()});
        ASSERT_TRUE(eventually([this] { return answers(port_) || flowtap_->poll_status(); }));
        ASSERT_TRUE(eventually([this] { return get("/ready").status() == 200; }));
    }
    void fill_log() const {
        const std::string zeros(4096, '\0');
        while (::write(filling_.get(), zeros.data(), zeros.size()) > 0) {
        }
    }
    std::string read_log() {
        std::string text(1 << 20, '\0');
        const ssize_t count = ::read(reading_.get(), text.data(), text.size());
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }

    void say_much(int times = 220) {
        (void)directory_.write("config.yaml", "match: '" + std::string(1000, '(') + "'\n");
        for (int time = 0; time < times; ++time)
            ASSERT_EQ(test::request(port_, "POST", "/-/reload").status(), 500);
    }
    [[nodiscard]] test::Reply get(const std::string& path) const { return test::request(port_, "GET", path); }
    [[nodiscard]] Exposition scrape() const { return Exposition::parse(get("/metrics").body); }
    [[nodiscard]] double dropped() const { return scrape().sum("flowtap_log_lines_dropped_total"); }

    void expect_counting_goes_on() {
        const Ledger ledger = workload_->run_round();
        EXPECT_TRUE(agrees(scrape(), ledger));
        EXPECT_EQ(get("/health").status(), 200);
    }
    std::optional<int> stop() {
        flowtap_->signal(SIGTERM);
        return flowtap_->wait();
    }

    Fd reading_;
    Fd filling_;
    TemporaryDirectory directory_;
    std::unique_ptr<Workload> workload_;
    std::unique_ptr<Child> flowtap_;
    std::uint16_t port_ = 0;
};

TEST_F(LogTest, UnreadDropsLinesAndCountsThem) {
    fill_log();
    start();
    say_much();
    expect_counting_goes_on();
    ASSERT_TRUE(eventually([this] { return dropped() > 0; }));  // published once a second
    std::string log;
    EXPECT_TRUE(eventually([&] {
        log += read_log();
        return log.find(" lines that nobody read in time\n") != std::string::npos;
    })) << log.size();
    EXPECT_TRUE(eventually([&] {
        const auto count = static_cast<long>(dropped());
        return log.find("flowtap: log: dropped " + std::to_string(count) + " lines") != std::string::npos;
    })) << dropped()
        << log.substr(log.size() - std::min<std::size_t>(log.size(), 300));
    EXPECT_EQ(stop(), 0);
}

TEST_F(LogTest, UnreadDoesNotBlockTheEnd) {
    start();
    fill_log();
    say_much();
    EXPECT_EQ(stop(), 0);
}

TEST_F(LogTest, ClosedDoesNotEndTheDaemon) {
    start();
    reading_ = Fd();
    filling_ = Fd();
    say_much(5);
    expect_counting_goes_on();
    EXPECT_TRUE(eventually([this] { return dropped() >= 5; }));
    EXPECT_EQ(stop(), 0);
}

}  // namespace
}  // namespace flowtap::system_test::log_test

// SPDX-License-Identifier: Apache-2.0
// What serving HTTP says where the machine, or this process, lacks what it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <regex>
#include <set>

#include "exporter/http/http_server.h"
#include "exporter/http/listen_socket.h"
#include "tests/unit/process/in_child.h"

namespace flowtap::machine_lacks_test {
namespace {

constexpr const char* kMoreThreads =
    " (raise the limit on processes and threads: pids.max of the cgroup, TasksMax= of a systemd unit, "
    "--pids-limit of a container, or ulimit -u)";

std::string listen_on(const ListenAddress& address) {
    const auto socket = open_listen_socket(address);
    return socket ? "it listens" : socket.error().message();
}

std::string serve() {
    const auto server = HttpServer::start({.address = {"127.0.0.1", 0}}, {});
    return server ? "it serves" : server.error().message();
}

TEST(ListenSocket, SaysWhatALowPortTakes) {
    const std::string said = test::in_child([] {
        test::refuse_calls({{SYS_bind}}, EACCES);  // as for a user without the capability
        return listen_on({"127.0.0.1", 80});
    });
    EXPECT_EQ(said,
              "serve HTTP on 127.0.0.1:80: Permission denied "
              "(give CAP_NET_BIND_SERVICE, or choose a port above 1023 with --listen)");
}

TEST(ListenSocket, SaysThatThereIsNoIpv6) {
    const std::string said = test::in_child([] {
        test::refuse_calls({{SYS_socket, AF_INET6}}, EAFNOSUPPORT);
        return listen_on({"::1", 9847}) + "; " + listen_on({"127.0.0.1", 0});
    });
    EXPECT_EQ(said,
              "serve HTTP on [::1]:9847: Address family not supported by protocol "
              "(this machine has no IPv6: choose an IPv4 address with --listen); it listens");
}

TEST(ListenSocket, SaysThatAnAddressIsTakenOrNotOfThisMachine) {
    const auto taken = open_listen_socket({"127.0.0.1", 0});
    ASSERT_TRUE(taken);
    EXPECT_EQ(listen_on(taken->address),
              "serve HTTP on " + to_string(taken->address) +
                  ": Address already in use (stop the process that listens there, or choose another address "
                  "with --listen)");
    EXPECT_EQ(listen_on({"192.0.2.1", 0}),
              "serve HTTP on 192.0.2.1:0: Cannot assign requested address "
              "(choose an address of this machine with --listen)");
}

TEST(HttpServerStart, SaysWhichThreadCannotBeStarted) {
    const std::string said = test::in_child([] {
        test::refuse_calls({{SYS_clone3}, {SYS_clone}}, EAGAIN);
        return serve();
    });
    EXPECT_EQ(said, "start a thread that answers HTTP requests: Resource temporarily unavailable" +
                        std::string(kMoreThreads));
}

// Of a user who may have few threads: the workers are started first.
TEST(HttpServerStart, SaysThatItLacksThreads) {
    if (::geteuid() != 0) GTEST_SKIP() << "missing: root, who may become another user";
    constexpr uid_t kNobodyElse = 54321;
    std::set<std::string> said;
    for (rlim_t most = 1; most < 12; ++most) {
        said.insert(test::in_child([most] {
            const rlimit limit = {most, most};
            ::setrlimit(RLIMIT_NPROC, &limit);
            return ::setresuid(kNobodyElse, kNobodyElse, kNobodyElse) == 0 ? serve() : "no user";
        }));
    }
    const std::string lacks = ": Resource temporarily unavailable" + std::string(kMoreThreads);
    EXPECT_THAT(
        said, testing::UnorderedElementsAre("start a thread that answers HTTP requests" + lacks,
                                            "start a thread that serves HTTP clients" + lacks, "it serves"));
}

// With few descriptors the socket itself cannot be opened, with some more those in reserve, then the rest.
TEST(HttpServerStart, SaysThatItLacksDescriptors) {
    std::set<std::string> said;
    for (rlim_t most = 3; most < 40; ++most) {
        said.insert(test::in_child([most] {
            const rlimit limit = {most, most};
            ::setrlimit(RLIMIT_NOFILE, &limit);
            return std::regex_replace(serve(), std::regex("127.0.0.1:[0-9]+"), "ADDRESS");
        }));
    }
    const std::string lacks =
        ": Too many open files (raise the hard limit of open files: LimitNOFILE= in a systemd unit, ulimit "
        "-Hn in a shell)";
    EXPECT_THAT(said,
                testing::UnorderedElementsAre("serve HTTP on ADDRESS" + lacks,
                                              "reserve descriptors for HTTP clients" + lacks, "it serves"));
}

}  // namespace
}  // namespace flowtap::machine_lacks_test

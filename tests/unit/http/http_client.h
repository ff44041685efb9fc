// SPDX-License-Identifier: Apache-2.0
// A client as dumb as possible: bytes in, bytes out, over loopback.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <string>

#include "base/fd.h"

namespace flowtap::test {

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

inline Fd unconnected() {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 20, .tv_usec = 0};  // an answer that never comes fails the test
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return socket;
}

inline void connect(const Fd& socket, std::uint16_t port) {
    const sockaddr_in address = loopback(port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::connect(socket.get(), generic, sizeof address), 0);
}

inline Fd connect_to(std::uint16_t port) {
    Fd socket = unconnected();
    connect(socket, port);
    return socket;
}

inline sockaddr_in6 loopback_ipv6(std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(port);
    return address;
}

inline Fd connect_to_ipv6(std::uint16_t port) {
    Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in6 address = loopback_ipv6(port);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
}

// Whether [::1] can be bound here.
inline bool has_ipv6() {
    const Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in6 address = loopback_ipv6(0);
    return socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

inline void send_text(const Fd& socket, const std::string& text) {
    EXPECT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
}

// All bytes until the server closes.
inline std::string receive_all(const Fd& socket) {
    std::string received;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;) {
        received.append(buffer, static_cast<std::size_t>(count));
    }
    return received;
}

struct Reply {
    std::string head;
    std::string body;

    [[nodiscard]] bool has(const std::string& header) const {
        return head.find(header + "\r\n") != std::string::npos;
    }
    [[nodiscard]] int status() const { return head.size() > 12 ? std::stoi(head.substr(9, 3)) : 0; }
};

inline Reply converse(std::uint16_t port, const std::string& request) {
    const Fd socket = connect_to(port);
    send_text(socket, request);
    const std::string received = receive_all(socket);
    const auto end = received.find("\r\n\r\n");
    if (end == std::string::npos) return {received, ""};
    return {received.substr(0, end + 2), received.substr(end + 4)};
}

inline Reply request(std::uint16_t port, const std::string& method, const std::string& path,
                     const std::string& headers = "") {
    return converse(port, method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                              headers + "\r\n");
}

}  // namespace flowtap::test

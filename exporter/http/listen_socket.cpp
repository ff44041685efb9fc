// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/open_files.h"

namespace flowtap {

namespace {

constexpr int kBacklog = 511;  // the kernel limits it to net.core.somaxconn

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
    template <typename Family>
    Family& as() {
        return reinterpret_cast<Family&>(storage);
    }
};

SocketAddress socket_address(const ListenAddress& address) {
    SocketAddress result;
    if (is_ipv6(address)) {
        auto& ipv6 = result.as<sockaddr_in6>();
        ipv6.sin6_family = AF_INET6;
        ipv6.sin6_port = htons(address.port);
        ::inet_pton(AF_INET6, address.host.c_str(), &ipv6.sin6_addr);
        result.size = sizeof ipv6;
    } else {
        auto& ipv4 = result.as<sockaddr_in>();
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = htons(address.port);
        ::inet_pton(AF_INET, address.host.c_str(), &ipv4.sin_addr);
        result.size = sizeof ipv4;
    }
    return result;
}

std::string remedy_for(int error) {
    switch (error) {
        case EADDRINUSE:
            return "stop the process that listens there, or choose another address with --listen";
        case EACCES:
            return "give CAP_NET_BIND_SERVICE, or choose a port above 1023 with --listen";
        case EADDRNOTAVAIL:
            return "choose an address of this machine with --listen";
        case EAFNOSUPPORT:
            return "this machine has no IPv6: choose an IPv4 address with --listen";
        case EMFILE:
        case ENFILE:
            return kRaiseOpenFiles;
        default:
            return "choose another address with --listen";
    }
}

Error cannot_listen(const ListenAddress& address, int error) {
    return {"serve HTTP on", to_string(address), std::strerror(error), remedy_for(error)};
}

std::uint16_t port_of(SocketAddress& address) {
    return ntohs(address.storage.ss_family == AF_INET6 ? address.as<sockaddr_in6>().sin6_port
                                                       : address.as<sockaddr_in>().sin_port);
}

bool set_option(const Fd& fd, int level, int option, int value) {
    return ::setsockopt(fd.get(), level, option, &value, sizeof value) == 0;
}

}  // namespace

Result<ListenSocket> open_listen_socket(const ListenAddress& address) {
    SocketAddress where = socket_address(address);
    Fd fd(::socket(where.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // "::" means every address of both families; for a single IPv6 address the option has no effect.
    if (!fd || !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
        (is_ipv6(address) && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) ||
        ::bind(fd.get(), where.generic(), where.size) != 0 || ::listen(fd.get(), kBacklog) != 0 ||
        ::getsockname(fd.get(), where.generic(), &where.size) != 0) {
        return cannot_listen(address, errno);
    }
    return ListenSocket{std::move(fd), {address.host, port_of(where)}};
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/listen_address.h"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

namespace flowtap {

namespace {

Error bad_address(std::string_view text, std::string cause) {
    return {"read listen address", "\"" + std::string(text) + "\"", std::move(cause),
            "give ADDR:PORT, such as 0.0.0.0:9847, [::1]:9847 or :9847", Error::Kind::kUsage};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return port;
}

bool is_numeric(int family, const std::string& host) {
    in6_addr address{};  // large enough for both families
    return ::inet_pton(family, host.c_str(), &address) == 1;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad_address(text, "no port");
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return bad_address(text, "the port is not a number from 0 to 65535");

    const std::string host(text.substr(0, colon));
    if (host.empty()) return ListenAddress{.port = *port};
    if (host.front() == '[' && host.back() == ']') {
        const std::string inner = host.substr(1, host.size() - 2);
        if (!is_numeric(AF_INET6, inner))
            return bad_address(text, "there is no IPv6 address in the brackets");
        return ListenAddress{inner, *port};
    }
    // Also refuses an IPv6 address without brackets, whose last group would be read as the port.
    if (!is_numeric(AF_INET, host)) return bad_address(text, "the address is not numeric");
    return ListenAddress{host, *port};
}

bool is_ipv6(const ListenAddress& address) { return address.host.find(':') != std::string::npos; }

std::string to_string(const ListenAddress& address) {
    const std::string port = ":" + std::to_string(address.port);
    return is_ipv6(address) ? "[" + address.host + "]" + port : address.host + port;
}

}  // namespace flowtap

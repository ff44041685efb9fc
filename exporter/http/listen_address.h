// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flowtap {

// Where to serve HTTP: a numeric address and a TCP port, 0 for any free one.
struct ListenAddress {
    std::string host = "0.0.0.0";  // IPv6 without brackets; "::" means every address of both families
    std::uint16_t port = 9847;
    bool operator==(const ListenAddress&) const = default;
};

// Reads "1.2.3.4:9847", "[::1]:9847" or ":9847" (every IPv4 address). Errors are kUsage.
Result<ListenAddress> parse_listen_address(std::string_view text);

// As in a URL: "1.2.3.4:9847", "[::1]:9847".
std::string to_string(const ListenAddress& address);

bool is_ipv6(const ListenAddress& address);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/listen_address.h"

#include <gtest/gtest.h>

namespace flowtap::listen_address_test {
namespace {

TEST(ListenAddress, ReadsAllForms) {
    EXPECT_EQ(*parse_listen_address("127.0.0.1:80"), (ListenAddress{"127.0.0.1", 80}));
    EXPECT_EQ(*parse_listen_address(":9847"), (ListenAddress{"0.0.0.0", 9847}));
    EXPECT_EQ(*parse_listen_address("[::1]:0"), (ListenAddress{"::1", 0}));
    EXPECT_EQ(*parse_listen_address("[::]:65535"), (ListenAddress{"::", 65535}));
}

TEST(ListenAddress, IsWrittenAsItWasRead) {
    for (const char* text : {"127.0.0.1:80", "[::1]:0", "0.0.0.0:9847"}) {
        EXPECT_EQ(to_string(*parse_listen_address(text)), text);
    }
}

TEST(ListenAddress, RefusesEverythingElseAsBadUsage) {
    for (const char* text : {"",
                             ":",
                             "9847",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:65536",
                             "127.0.0.1:-1",
                             "127.0.0.1:+1",
                             "127.0.0.1: 1",
                             "127.0.0.1:1s",
                             "localhost:1",
                             "::1:80",
                             "[::1]",
                             "[::1:80",
                             "[127.0.0.1]:1",
                             "[]:1",
                             "]:1",
                             "[:1",
                             "256.0.0.1:1",
                             "1.2.3:4"}) {
        const auto address = parse_listen_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().kind, Error::Kind::kUsage);
        EXPECT_NE(address.error().message().find(text), std::string::npos);
    }
}

TEST(ListenAddress, SaysWhatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {"9847", "no port"},
        {"127.0.0.1:65536", "the port is not a number from 0 to 65535"},
        {"[127.0.0.1]:1", "there is no IPv6 address in the brackets"},
        {"localhost:1", "the address is not numeric"},
    };
    for (const auto& [text, cause] : cases) {
        EXPECT_EQ(parse_listen_address(text).error().message(),
                  "read listen address \"" + std::string(text) + "\": " + cause +
                      " (give ADDR:PORT, such as 0.0.0.0:9847, [::1]:9847 or :9847)");
    }
}

}  // namespace
}  // namespace flowtap::listen_address_test

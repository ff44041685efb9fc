// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/api_client.h"

#include <gtest/gtest.h>

#include "tests/unit/http/curl_without_memory.h"

namespace flowtap::api_client_test {
namespace {

TEST(ApiClient, WithoutMemoryIsNotMade) {
    const std::string said = test::without_memory_of_curl([](bool& gone) {
        gone = true;
        const auto client = ApiClient::make();
        return client ? "made" : client.error().message();
    });
    EXPECT_EQ(said, "ask the Kubernetes API server: libcurl is out of memory");
}

TEST(ApiClient, WithoutMemoryAsksNothing) {
    const std::string said = test::without_memory_of_curl([](bool& gone) {
        const auto client = ApiClient::make();
        if (!client) return client.error().message();
        gone = true;
        ApiRequest request{};
        request.url = "http://127.0.0.1:1/";
        return (*client)->get(request, [](std::string_view) { return true; }).cause;
    });
    EXPECT_EQ(said, "libcurl is out of memory");
}

}  // namespace
}  // namespace flowtap::api_client_test

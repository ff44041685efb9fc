// SPDX-License-Identifier: Apache-2.0
// What code says for which libcurl is out of memory.
#pragma once

#include <curl/curl.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "tests/unit/process/in_child.h"

namespace flowtap::test {

// The text that the body returns. It sets `gone` when libcurl is to get no more memory.
inline std::string without_memory_of_curl(const std::function<std::string(bool& gone)>& body) {
    static bool gone = false;
    return in_child([&body] {
        constexpr int kMostUsers = 100;  // of libcurl in this process before
        for (int user = 0; user < kMostUsers; ++user) curl_global_cleanup();
        curl_global_init_mem(
            CURL_GLOBAL_ALL, [](std::size_t size) { return gone ? nullptr : std::malloc(size); }, std::free,
            [](void* old, std::size_t size) { return gone ? nullptr : std::realloc(old, size); },
            [](const char* text) { return gone ? nullptr : ::strdup(text); },
            [](std::size_t count, std::size_t size) { return gone ? nullptr : std::calloc(count, size); });
        return body(gone);
    });
}

}  // namespace flowtap::test

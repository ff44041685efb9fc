// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flowtap {

struct ApiRequest {
    std::string url;
    std::string ca_file;  // who signs the server's certificate; nobody else is trusted
    std::string token;
    std::string accept;
    std::chrono::milliseconds patience;  // for all of it
};

// How a request ended.
struct ApiAnswer {
    long status = 0;    // 0: there was no answer
    std::string cause;  // why it is not whole; empty where it is
};

// Asks one server, over one connection as long as that holds.
class ApiClient {
public:
    // Of an answer with status 200, as it arrives; false: no more is wanted.
    using OnBytes = std::function<bool(std::string_view)>;

    // Errors: libcurl cannot start.
    static Result<std::unique_ptr<ApiClient>> make();

    // Returns when the answer is over, the time is, or stop() was called.
    ApiAnswer get(const ApiRequest& request, const OnBytes& on_bytes);

    // Any thread. Every get(), now and later, ends at once.
    void stop();

private:
    struct Closer {
        void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };
    explicit ApiClient(CURLM* multi) : multi_(multi) {}

    ApiAnswer perform(CURL* curl);

    std::unique_ptr<CURLM, Closer> multi_;
    std::atomic<bool> stopped_ = false;
};

}  // namespace flowtap

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
    std::string ca_file;  // the only CA that is trusted for the server's certificate
    std::string token;
    std::string accept;
    std::chrono::milliseconds patience;  // for the whole request
};

// How a request ended.
struct ApiAnswer {
    long status = 0;    // 0: no answer
    std::string cause;  // why the answer is incomplete; empty: it is complete
};

// Sends requests to one server, over one connection as long as that stays open.
class ApiClient {
public:
    // Receives the body of an answer with status 200 as it arrives. Returning false ends the request.
    using OnBytes = std::function<bool(std::string_view)>;

    // Errors: libcurl is out of memory.
    static Result<std::unique_ptr<ApiClient>> make();

    // Returns at the end of the answer, at the end of the request's time, or after stop().
    ApiAnswer get(const ApiRequest& request, const OnBytes& on_bytes);

    // Any thread. Ends every current and later get() at once.
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

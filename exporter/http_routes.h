// SPDX-License-Identifier: Apache-2.0
// What is answered to which request: no sockets here.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "exporter/health.h"
#include "exporter/status_report.h"

namespace flowtap {

// Where answers come from. Called on HTTP threads, several at once; all must be set.
struct HttpContent {
    std::function<std::string()> metrics;  // text format 0.0.4
    std::function<Verdict()> health;
    std::function<Verdict()> readiness;
    std::function<StatusReport()> status;
};

struct HttpRequest {
    std::string_view method;
    std::string_view path;             // decoded, without the query
    std::string_view accept_encoding;  // empty: no such header
};

struct HttpResponse {
    int status = 200;
    std::string content_type;
    std::string body;  // what GET gets; an answer to HEAD has its headers only
    bool gzipped = false;
};

HttpResponse answer(const HttpContent& content, const HttpRequest& request);

// Status line and headers, up to and with the empty line.
std::string header_of(const HttpResponse& response);

}  // namespace flowtap

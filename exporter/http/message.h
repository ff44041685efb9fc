// SPDX-License-Identifier: Apache-2.0
// A request and its answer, independent of sockets.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace flowtap {

struct HttpRequest {
    std::string method;
    std::string path;             // decoded, without the query
    std::string accept;           // empty: no such header
    std::string accept_encoding;  // likewise
};

struct HttpResponse {
    int status = 200;
    std::string content_type;
    std::string body;  // for GET; an answer to HEAD has only its headers
    bool gzipped = false;
    std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
};

inline constexpr const char* kPlainType = "text/plain; charset=utf-8";

}  // namespace flowtap

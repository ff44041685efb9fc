// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <optional>

#include "exporter/http/connections.h"
#include "exporter/http/message.h"

namespace flowtap {

// One request under way. The network thread owns it; while its connection is suspended a worker may write the
// response.
struct Exchange {
    MHD_Connection* connection;
    Connection& client;
    HttpRequest request;
    std::optional<HttpResponse> response = {};
};

HttpRequest read_request(MHD_Connection* connection, const char* method, const char* path);

// Hands the response to the library, which sends it (for HEAD without the body).
MHD_Result send_response(MHD_Connection* connection, HttpResponse response);

}  // namespace flowtap

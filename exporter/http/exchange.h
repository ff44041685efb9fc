// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "exporter/http/access/authenticator.h"
#include "exporter/http/access/web_config_file.h"
#include "exporter/http/connections.h"
#include "exporter/http/message.h"

namespace flowtap {

// One request in progress. The network thread owns it; while its connection is suspended a worker may write
// the response.
struct Exchange {
    Exchange(MHD_Connection* of, Connection& by, std::shared_ptr<const WebSettings> under)
        : connection(of), client(by), settings(std::move(under)) {}

    MHD_Connection* const connection;
    Connection& client;
    const std::shared_ptr<const WebSettings> settings;  // current when the request came
    HttpRequest request = {};
    std::optional<Credentials> credentials = {};  // read only if users are configured
    std::optional<HttpResponse> response = {};
};

// Reads the head of a new request; `target` is decoded, without the query. A request that must not be served
// already has a response then.
std::unique_ptr<Exchange> begin_exchange(MHD_Connection* connection, Connection& client, const char* method,
                                         const char* target, std::shared_ptr<const WebSettings> settings);

// Passes the response to the library, which sends it (for HEAD without the body). Moves from the exchange's
// response.
MHD_Result send_response(Exchange& exchange);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "exporter/http/access/gatekeeper.h"
#include "exporter/http/access/web_config_file.h"
#include "exporter/http/connections.h"
#include "exporter/http/message.h"

namespace flowtap {

// One request under way. The network thread owns it; while its connection is suspended a worker may write the
// response.
struct Exchange {
    Exchange(MHD_Connection* of, Connection& by, std::shared_ptr<const WebSettings> under)
        : connection(of), client(by), settings(std::move(under)) {}

    MHD_Connection* const connection;
    Connection& client;
    const std::shared_ptr<const WebSettings> settings;  // current when it came
    HttpRequest request = {};
    std::optional<Credentials> credentials = {};  // looked for only where there are users
    std::optional<HttpResponse> response = {};
};

// The head of a request that has just come; `target` is decoded, without the query. A request that must not
// be served has a response already.
std::unique_ptr<Exchange> begin_exchange(MHD_Connection* connection, Connection& client, const char* method,
                                         const char* target, std::shared_ptr<const WebSettings> settings);

// Hands the response to the library, which sends it (for HEAD without the body). It is moved from.
MHD_Result send_response(Exchange& exchange);

}  // namespace flowtap

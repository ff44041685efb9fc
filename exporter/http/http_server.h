// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "exporter/http/http_limits.h"
#include "exporter/http/http_service.h"
#include "exporter/http/listen_address.h"
#include "result.h"

namespace flowtap {

class Network;

// Serves HTTP/1.1, from start() to destruction. One thread does all input and output and never waits for a
// client or for an answer; a few workers make the answers.
class HttpServer {
public:
    // Errors: as open_listen_socket().
    static Result<std::unique_ptr<HttpServer>> start(const ListenAddress& address, HttpService service,
                                                     const HttpLimits& limits = {});
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    // Ends every connection. An answer that is being made is waited for.
    ~HttpServer();

    // The address served; where port 0 was asked for, the port that was found.
    [[nodiscard]] const ListenAddress& address() const;

private:
    explicit HttpServer(std::unique_ptr<Network> network);

    std::unique_ptr<Network> network_;
};

}  // namespace flowtap

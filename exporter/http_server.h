// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "exporter/http_routes.h"
#include "exporter/listen_address.h"
#include "result.h"

namespace flowtap {

// A client that stalls holds one thread until its time is up, no longer.
struct HttpLimits {
    int threads = 16;
    int request_timeout_ms = 5'000;  // for the whole head of a request; for each pause in taking the answer
    int max_header_bytes = 16'384;   // at least 1024
};

// Serves HTTP/1.1 on threads of its own, one request per connection, from start() to destruction.
// Those threads inherit the signal mask of the one that starts the server: block what signalfd reads.
class HttpServer {
public:
    // Fails (kFailed) where the address cannot be bound, naming it; kEnvironment where civetweb cannot.
    static Result<std::unique_ptr<HttpServer>> start(const ListenAddress& address, HttpContent content,
                                                     const HttpLimits& limits = {});
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    // Ends every connection and joins the threads. A callback that runs is waited for.
    ~HttpServer();

    // The address served; where port 0 was asked for, the port that was found.
    [[nodiscard]] const ListenAddress& address() const;

private:
    struct State;
    explicit HttpServer(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace flowtap

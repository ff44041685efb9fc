// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "exporter/http/http_limits.h"
#include "exporter/http/http_service.h"
#include "exporter/http/listen_address.h"

namespace flowtap {

class Network;

struct HttpOptions {
    ListenAddress address;
    std::string web_config_file = {};  // TLS, users, headers; empty: none of these
    HttpLimits limits = {};
    // Called when the port is taken and no thread has started: the moment to give up privileges. An error is
    // start()'s.
    std::function<Result<void>()> on_bound = [] { return Result<void>(); };
    // Called on the network thread if a changed web config was not accepted, and if clients have to wait.
    std::function<void(const std::string& line)> log = [](const std::string&) {};
};

// Serves HTTP/1.1, from start() to destruction. One thread does all input and output and never waits for a
// client or for an answer; a few workers make the answers.
class HttpServer {
public:
    // Errors: as open_listen_socket() and read_web_config().
    static Result<std::unique_ptr<HttpServer>> start(HttpOptions options, HttpService service);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    // Ends every connection, after waiting for the answers that are being made.
    ~HttpServer();

    [[nodiscard]] bool uses_tls() const;
    // The address served; where port 0 was asked for, the port that was found.
    [[nodiscard]] const ListenAddress& address() const;

private:
    explicit HttpServer(std::unique_ptr<Network> network);

    std::unique_ptr<Network> network_;
};

}  // namespace flowtap

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
    // Called when the port is bound and no thread has started: the moment to drop privileges. start() returns
    // its error.
    std::function<Result<void>()> on_bound = [] { return Result<void>(); };
    // Called on the network thread if a changed web config was rejected, or if clients have to wait.
    std::function<void(const std::string& line)> log = [](const std::string&) {};
};

// Serves HTTP/1.1 from start() until destruction. One thread does all input and output, and never waits for a
// client or an answer; a few workers make the answers.
class HttpServer {
public:
    // Errors: as open_listen_socket() and read_web_config().
    static Result<std::unique_ptr<HttpServer>> start(HttpOptions options, HttpService service);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    // Waits for answers that are being made, then ends every connection.
    ~HttpServer();

    [[nodiscard]] bool uses_tls() const;
    // The address served, with the actual port if port 0 was requested.
    [[nodiscard]] const ListenAddress& address() const;

private:
    explicit HttpServer(std::unique_ptr<Network> network);

    std::unique_ptr<Network> network_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/http_server.h"

#include <utility>

#include "exporter/http/network.h"

namespace flowtap {

HttpServer::HttpServer(std::unique_ptr<Network> network) : network_(std::move(network)) {}
HttpServer::~HttpServer() = default;

const ListenAddress& HttpServer::address() const { return network_->address(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ListenAddress& address, HttpService service,
                                                      const HttpLimits& limits) {
    Result<ListenSocket> socket = open_listen_socket(address);
    if (!socket) return socket.error();
    auto network = Network::start(std::move(*socket), std::move(service), limits);
    if (!network) return network.error();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(*network)));
}

}  // namespace flowtap

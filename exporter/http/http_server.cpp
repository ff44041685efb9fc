// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/http_server.h"

#include <utility>

#include "exporter/http/listen_socket.h"
#include "exporter/http/network.h"

namespace flowtap {

HttpServer::HttpServer(std::unique_ptr<Network> network) : network_(std::move(network)) {}
HttpServer::~HttpServer() = default;

const ListenAddress& HttpServer::address() const { return network_->address(); }

bool HttpServer::uses_tls() const { return network_->uses_tls(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpOptions options, HttpService service) {
    Result<WebConfigFile> web = WebConfigFile::open(options.web_config_file, options.log);
    if (!web) return web.error();
    Result<ListenSocket> socket = open_listen_socket(options.address);
    if (!socket) return socket.error();
    Result<Acceptor> acceptor = Acceptor::make(std::move(socket->fd), options.limits.reserve);
    if (!acceptor) return acceptor.error();
    if (Result<void> done = options.on_bound(); !done) return done.error();
    auto network = Network::start(socket->address, std::move(*acceptor), std::move(*web), std::move(service),
                                  options.limits, std::move(options.log));
    if (!network) return network.error();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(*network)));
}

}  // namespace flowtap

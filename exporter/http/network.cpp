// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/network.h"

#include <gnutls/abstract.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/open_files.h"
#include "base/thread.h"

namespace flowtap {

namespace {

// Maximum delay for ending an overdue connection, and for retrying to get a descriptor for waiting clients.
constexpr int kSweepPeriodMs = 250;
constexpr int kMostClients = 64;  // accepted in one turn
// At its own limit the library would stop accepting, so its limit is higher than that of Connections, which
// makes room.
constexpr unsigned kRoomForEnding = 256;

Connection* client_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == nullptr ? nullptr : static_cast<Connection*>(info->socket_context);
}

// The library requires a callback for certificates; begin_tls() gives each session its own.
int no_certificate(gnutls_session_t, const gnutls_cert_retr_st*, gnutls_pcert_st**, unsigned*,
                   gnutls_ocsp_data_st**, unsigned*, gnutls_privkey_t*, unsigned*) {
    return -1;
}

Error cannot_serve(const ListenAddress& address, int error) {
    Error result = errno_error("serve HTTP on", to_string(address), error);
    if (error == EMFILE || error == ENFILE) result.remedy = kRaiseOpenFiles;
    return result;
}

}  // namespace

Network::Network(ListenAddress address, Acceptor acceptor, WebConfigFile web, const HttpLimits& limits,
                 Log log)
    : address_(std::move(address)),
      web_(std::move(web)),
      uses_tls_(web_.current()->tls != nullptr),
      acceptor_(std::move(acceptor)),
      connections_(limits),
      log_(std::move(log)) {}

Result<std::unique_ptr<Network>> Network::start(ListenAddress address, Acceptor acceptor, WebConfigFile web,
                                                HttpService service, const HttpLimits& limits, Log log) {
    std::unique_ptr<Network> network(
        new Network(std::move(address), std::move(acceptor), std::move(web), limits, std::move(log)));
    if (!network->wake_.valid() || !network->start_daemon(limits)) {
        return cannot_serve(network->address_, errno);
    }
    Result<std::unique_ptr<Dispatcher>> dispatcher =
        Dispatcher::make(std::move(service), limits, network->wake_);
    if (!dispatcher) return dispatcher.error();
    network->dispatcher_ = std::move(*dispatcher);
    Result<std::jthread> thread =
        start_thread("serves HTTP clients", [raw = network.get()](const std::stop_token&) { raw->serve(); });
    if (!thread) return thread.error();
    network->thread_ = std::move(*thread);
    return network;
}

// Starts the library without a listening socket: without a free descriptor, it would stop listening until one
// of its own connections ends.
bool Network::start_daemon(const HttpLimits& limits) {
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET |
                           (uses_tls_ ? MHD_USE_TLS : MHD_NO_FLAG);
    daemon_.reset(MHD_start_daemon(
        flags, 0, nullptr, nullptr, &on_request, this, MHD_OPTION_CONNECTION_LIMIT,
        limits.connections + kRoomForEnding, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.head_bytes,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, &on_connection, this,
        MHD_OPTION_URI_LOG_CALLBACK, &on_request_line, this, MHD_OPTION_NOTIFY_COMPLETED, &on_completed, this,
        uses_tls_ ? MHD_OPTION_HTTPS_CERT_CALLBACK2 : MHD_OPTION_END, &no_certificate, MHD_OPTION_END));
    return daemon_ != nullptr;
}

// Destroys the dispatcher before the library, which requires that every suspended connection was resumed, and
// notices that in MHD_run().
Network::~Network() {
    stopping_ = true;
    wake_.ring();
    thread_ = {};
    dispatcher_.reset();
    if (daemon_) MHD_run(daemon_.get());
}

void Network::serve() {
    const auto* info = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
    pollfd waited[] = {{info->epoll_fd, POLLIN, 0}, {wake_.fd(), POLLIN, 0}, {acceptor_.fd(), POLLIN, 0}};
    while (!stopping_) {
        MHD_UNSIGNED_LONG_LONG pending = kSweepPeriodMs;
        if (MHD_get_timeout(daemon_.get(), &pending) == MHD_NO) pending = kSweepPeriodMs;
        int patience = static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(pending, kSweepPeriodMs));
        const bool waits = exhausted_ || acceptor_.short_of_descriptors() || connections_.size() != 0;
        if (patience != 0 && !waits) patience = -1;
        waited[2].fd = exhausted_ ? -1 : acceptor_.fd();
        ::poll(waited, std::size(waited), patience);
        wake_.clear();
        accept_clients();
        MHD_run(daemon_.get());
        connections_.end_overdue(Connection::Clock::now());
        acceptor_.replenish();
    }
}

// The library closes a client that it does not accept.
void Network::accept_clients() {
    Acceptor::Outcome outcome = Acceptor::Outcome::kClient;
    for (int taken = 0; taken < kMostClients && outcome == Acceptor::Outcome::kClient; ++taken) {
        Acceptor::Client client;
        outcome = acceptor_.accept(client);
        if (outcome != Acceptor::Outcome::kClient) break;
        (void)MHD_add_connection(daemon_.get(), client.fd.release(),
                                 reinterpret_cast<const sockaddr*>(&client.address), client.address_size);
    }
    note_exhaustion(outcome == Acceptor::Outcome::kExhausted);
}

void Network::note_exhaustion(bool exhausted) {
    if (exhausted) connections_.end_longest_idle();
    if (exhausted && !exhausted_) {
        log_(std::string("HTTP clients wait: no descriptor is left for them (") + kRaiseOpenFiles + ")");
    }
    exhausted_ = exhausted;
}

void Network::on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode what) {
    auto& network = *static_cast<Network*>(self);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        Connection& client = network.connections_.open(info->connect_fd, Connection::Clock::now());
        *context = &client;
        network.begin_tls(connection, client);
    } else if (*context != nullptr) {
        network.connections_.close(*static_cast<Connection*>(*context));
    }
}

// The session exists and its handshake has not begun: uses the current certificate.
void Network::begin_tls(MHD_Connection* connection, Connection& client) {
    client.tls = web_.current()->tls;
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (client.tls && info != nullptr) {
        client.tls->apply_to(static_cast<gnutls_session_t>(info->tls_session));
    }
}

// The time for a connection's first request counts from the begin of the connection.
void* Network::on_request_line(void* self, const char*, MHD_Connection* connection) {
    Connection* client = client_of(connection);
    if (client != nullptr && client->phase == Phase::kIdle) {
        static_cast<Network*>(self)->connections_.enter(*client, Phase::kHead, Connection::Clock::now());
    }
    return nullptr;
}

// Called when the head is complete, for each piece of a body (which is ignored), at the end of the request,
// and once more after a suspended connection was resumed.
MHD_Result Network::on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                               const char*, const char*, std::size_t* upload_size, void** context) {
    try {
        if (*context == nullptr) {
            Connection* client = client_of(connection);
            if (client == nullptr) return MHD_NO;
            const auto& settings = static_cast<Network*>(self)->web_.current();
            auto exchange = begin_exchange(connection, *client, method, url, settings);
            const bool refused = exchange->response.has_value();
            *context = exchange.release();
            if (!refused) return MHD_YES;
        } else if (*upload_size != 0) {
            *upload_size = 0;
            return MHD_YES;
        }
        return static_cast<Network*>(self)->handle(*static_cast<Exchange*>(*context));
    } catch (const std::exception&) {
        return MHD_NO;  // no memory: the library closes the connection
    }
}

MHD_Result Network::handle(Exchange& exchange) {
    if (!exchange.response) {
        if (!dispatcher_) return MHD_NO;
        connections_.enter(exchange.client, Phase::kWork, Connection::Clock::now());
        if (!dispatcher_->dispatch(exchange)) return MHD_YES;
    }
    connections_.begin_answer(exchange.client, exchange.response->body.size(), Connection::Clock::now());
    return send_response(exchange);
}

void Network::on_completed(void* self, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
    const std::unique_ptr<Exchange> done(static_cast<Exchange*>(*context));
    *context = nullptr;
    if (!done) return;
    static_cast<Network*>(self)->connections_.enter(done->client, Phase::kIdle, Connection::Clock::now());
}

}  // namespace flowtap

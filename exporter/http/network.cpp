// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/network.h"

#include <fcntl.h>
#include <gnutls/abstract.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <utility>

namespace flowtap {

namespace {

constexpr int kSweepPeriodMs = 250;  // how late an overdue connection may be ended
// The library stops accepting at its limit, so it gets a higher one than Connections, which makes room.
constexpr unsigned kRoomForEnding = 256;

// While one stands, threads that are started get no signals: those are the event loop's. SIGPIPE too.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

Connection* client_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == nullptr ? nullptr : static_cast<Connection*>(info->socket_context);
}

// The library wants something to take certificates from; begin_tls() gives each session its own.
int no_certificate(gnutls_session_t, const gnutls_cert_retr_st*, gnutls_pcert_st**, unsigned*,
                   gnutls_ocsp_data_st**, unsigned*, gnutls_privkey_t*, unsigned*) {
    return -1;
}

}  // namespace

Network::Network(ListenAddress address, WebConfigFile web, HttpService service, const HttpLimits& limits)
    : address_(std::move(address)),
      web_(std::move(web)),
      uses_tls_(web_.current()->tls != nullptr),
      connections_(limits),
      dispatcher_(std::make_unique<Dispatcher>(std::move(service), limits, wake_)) {}

Result<std::unique_ptr<Network>> Network::start(ListenSocket socket, WebConfigFile web, HttpService service,
                                                const HttpLimits& limits) {
    const SignalsBlocked blocked;
    std::unique_ptr<Network> network(new Network(socket.address, std::move(web), std::move(service), limits));
    if (!network->wake_.valid() || !network->listen(socket.fd, limits)) {
        return errno_error("serve HTTP on", to_string(socket.address), errno);
    }
    network->thread_ = std::thread([raw = network.get()] { raw->serve(); });
    return network;
}

bool Network::listen(const Fd& socket, const HttpLimits& limits) {
    const int owned_by_library = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
    if (owned_by_library < 0) return false;
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (uses_tls_ ? MHD_USE_TLS : MHD_NO_FLAG);
    daemon_.reset(MHD_start_daemon(
        flags, 0, nullptr, nullptr, &on_request, this, MHD_OPTION_LISTEN_SOCKET, owned_by_library,
        MHD_OPTION_CONNECTION_LIMIT, limits.connections + kRoomForEnding, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        limits.head_bytes, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, &on_connection,
        this, MHD_OPTION_URI_LOG_CALLBACK, &on_request_line, this, MHD_OPTION_NOTIFY_COMPLETED, &on_completed,
        this, uses_tls_ ? MHD_OPTION_HTTPS_CERT_CALLBACK2 : MHD_OPTION_END, &no_certificate, MHD_OPTION_END));
    return daemon_ != nullptr;
}

// The dispatcher before the library: that one wants every suspended connection resumed, and notices in run.
Network::~Network() {
    stopping_ = true;
    wake_.ring();
    if (thread_.joinable()) thread_.join();
    dispatcher_.reset();
    if (daemon_) MHD_run(daemon_.get());
}

void Network::serve() {
    const auto* info = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
    pollfd waited[] = {{info->epoll_fd, POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
    while (!stopping_) {
        MHD_UNSIGNED_LONG_LONG pending = kSweepPeriodMs;
        if (MHD_get_timeout(daemon_.get(), &pending) == MHD_NO) pending = kSweepPeriodMs;
        int patience = static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(pending, kSweepPeriodMs));
        if (patience != 0 && connections_.size() == 0) patience = -1;
        ::poll(waited, std::size(waited), patience);
        wake_.clear();
        MHD_run(daemon_.get());
        connections_.end_overdue(Connection::Clock::now());
    }
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

// The session exists and its handshake has not begun: the certificate is the one that is current now.
void Network::begin_tls(MHD_Connection* connection, Connection& client) {
    client.tls = web_.current()->tls;
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (client.tls && info != nullptr) {
        client.tls->apply_to(static_cast<gnutls_session_t>(info->tls_session));
    }
}

// A connection's first request has had its time since the connection was made.
void* Network::on_request_line(void* self, const char*, MHD_Connection* connection) {
    Connection* client = client_of(connection);
    if (client != nullptr && client->phase == Phase::kIdle) {
        static_cast<Network*>(self)->connections_.enter(*client, Phase::kHead, Connection::Clock::now());
    }
    return nullptr;
}

// Called when the head is complete, for each piece of a body (which nobody wants), at the end of the request,
// and once more when a suspended connection was resumed.
MHD_Result Network::on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                               const char*, const char*, std::size_t* upload_size, void** context) {
    try {
        if (*context == nullptr) {
            Connection* client = client_of(connection);
            if (client == nullptr) return MHD_NO;
            const auto& settings = static_cast<Network*>(self)->web_.current();
            *context = begin_exchange(connection, *client, method, url, settings).release();
            return MHD_YES;
        }
        if (*upload_size != 0) {
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

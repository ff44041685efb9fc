// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "exporter/http/acceptor.h"
#include "exporter/http/access/web_config_file.h"
#include "exporter/http/connections.h"
#include "exporter/http/dispatcher.h"
#include "exporter/http/listen_address.h"
#include "exporter/http/wake.h"

namespace flowtap {

// The thread that accepts, reads and writes. The library's callbacks run on it, inside MHD_run().
class Network {
public:
    using Log = std::function<void(const std::string& line)>;

    // Calls `log` on that thread when clients have to wait for a descriptor.
    static Result<std::unique_ptr<Network>> start(ListenAddress address, Acceptor acceptor, WebConfigFile web,
                                                  HttpService service, const HttpLimits& limits, Log log);
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;
    ~Network();

    [[nodiscard]] const ListenAddress& address() const { return address_; }
    [[nodiscard]] bool uses_tls() const { return uses_tls_; }

private:
    struct StopsDaemon {
        void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
    };

    Network(ListenAddress address, Acceptor acceptor, WebConfigFile web, const HttpLimits& limits, Log log);

    bool start_daemon(const HttpLimits& limits);
    void serve();
    void accept_clients();
    void note_exhaustion(bool exhausted);
    void begin_tls(MHD_Connection* connection, Connection& client);
    MHD_Result handle(Exchange& exchange);

    // The library's callbacks; the first argument is the Network.
    static void on_connection(void* self, MHD_Connection* connection, void** context,
                              MHD_ConnectionNotificationCode what);
    static void* on_request_line(void* self, const char* line, MHD_Connection* connection);
    static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                                 const char* version, const char* upload, std::size_t* upload_size,
                                 void** context);
    static void on_completed(void* self, MHD_Connection* connection, void** context,
                             MHD_RequestTerminationCode why);

    const ListenAddress address_;
    WebConfigFile web_;
    const bool uses_tls_;
    const Wake wake_;
    std::atomic<bool> stopping_ = false;
    Acceptor acceptor_;
    Connections connections_;
    bool exhausted_ = false;  // clients wait for a descriptor
    const Log log_;
    std::unique_ptr<MHD_Daemon, StopsDaemon> daemon_;
    std::unique_ptr<Dispatcher> dispatcher_;
    std::jthread thread_;
};

}  // namespace flowtap

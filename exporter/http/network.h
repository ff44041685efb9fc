// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>

#include "base/fd.h"
#include "base/result.h"
#include "exporter/http/connections.h"
#include "exporter/http/dispatcher.h"
#include "exporter/http/listen_socket.h"
#include "exporter/http/wake.h"
#include "exporter/http/web_config_file.h"

namespace flowtap {

// The thread that accepts, reads and writes. The library calls back on it alone, from MHD_run().
class Network {
public:
    static Result<std::unique_ptr<Network>> start(ListenSocket socket, WebConfigFile web, HttpService service,
                                                  const HttpLimits& limits);
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;
    ~Network();

    [[nodiscard]] const ListenAddress& address() const { return address_; }
    [[nodiscard]] bool uses_tls() const { return uses_tls_; }

private:
    struct StopsDaemon {
        void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
    };

    Network(ListenAddress address, WebConfigFile web, HttpService service, const HttpLimits& limits);

    bool listen(const Fd& socket, const HttpLimits& limits);
    void serve();
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
    Connections connections_;
    std::unique_ptr<MHD_Daemon, StopsDaemon> daemon_;
    std::unique_ptr<Dispatcher> dispatcher_;
    std::thread thread_;
};

}  // namespace flowtap

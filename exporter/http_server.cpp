// SPDX-License-Identifier: Apache-2.0
#include "exporter/http_server.h"

#include <civetweb.h>

#include <exception>
#include <mutex>
#include <string>
#include <utility>

namespace flowtap {

namespace {

// civetweb counts its users.
class Library {
public:
    Library() { mg_init_library(MG_FEATURES_DEFAULT); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() { mg_exit_library(); }
};

struct StopsServer {
    void operator()(mg_context* context) const { mg_stop(context); }
};

// In civetweb's notation "+PORT" is every address of both families.
std::string listening_port(const ListenAddress& address) {
    if (address.host == "::") return "+" + std::to_string(address.port);
    return to_string(address);
}

Error cannot_listen(const ListenAddress& address, const std::string& cause) {
    return {"serve HTTP on", to_string(address), cause,
            "end what listens there, or choose another address with --listen"};
}

// civetweb says "cannot bind to 127.0.0.1:80: 98 (Address already in use)": the cause is in the parentheses.
std::string cause_in(const std::string& message) {
    const auto open = message.rfind('(');
    if (open == std::string::npos || message.back() != ')') return message;
    return message.substr(open + 1, message.size() - open - 2);
}

std::string_view header_text(const mg_connection* connection, const char* name) {
    const char* value = mg_get_header(connection, name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

// The C library above must not see an exception: a callback that throws costs one answer.
HttpResponse answer_safely(const HttpContent& content, const HttpRequest& request) {
    try {
        return answer(content, request);
    } catch (const std::exception&) {
        return {500, "text/plain; charset=utf-8", "the answer could not be made\n"};
    }
}

}  // namespace

struct HttpServer::State {
    Library library;
    HttpContent content;
    ListenAddress address;
    std::mutex mutex;
    std::string first_message;                         // guarded by mutex
    std::unique_ptr<mg_context, StopsServer> context;  // last: its threads use what stands above

    static State& of(const mg_connection* connection) {
        return *static_cast<State*>(mg_get_user_data(mg_get_context(connection)));
    }
    static int handle(mg_connection* connection);
    static int keep_message(const mg_connection* connection, const char* message);
};

// Nothing is logged; why a start failed is in the first message.
int HttpServer::State::keep_message(const mg_connection* connection, const char* message) {
    State& state = of(connection);
    const std::lock_guard lock(state.mutex);
    if (state.first_message.empty()) state.first_message = message;
    return 1;
}

int HttpServer::State::handle(mg_connection* connection) {
    const mg_request_info* info = mg_get_request_info(connection);
    const HttpRequest request{info->request_method, info->local_uri,
                              header_text(connection, "Accept-Encoding")};
    const HttpResponse response = answer_safely(of(connection).content, request);
    const std::string header = header_of(response);
    mg_write(connection, header.data(), header.size());
    if (request.method != "HEAD") mg_write(connection, response.body.data(), response.body.size());
    mg_disable_keep_alive(connection);  // also spares reading a body nobody asked for
    return response.status;
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

const ListenAddress& HttpServer::address() const { return state_->address; }

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ListenAddress& address, HttpContent content,
                                                      const HttpLimits& limits) {
    auto state = std::make_unique<State>();
    if (is_ipv6(address) && mg_check_feature(MG_FEATURES_IPV6) == 0) {
        return Error{"serve HTTP on", to_string(address), "the installed civetweb was built without IPv6",
                     "choose an IPv4 address with --listen", Error::Kind::kEnvironment};
    }
    state->content = std::move(content);
    state->address = address;

    const std::string port = listening_port(address);
    const std::string threads = std::to_string(limits.threads);
    const std::string timeout = std::to_string(limits.request_timeout_ms);
    const std::string header_bytes = std::to_string(limits.max_header_bytes);
    const char* options[] = {"listening_ports",
                             port.c_str(),
                             "num_threads",
                             threads.c_str(),
                             "request_timeout_ms",
                             timeout.c_str(),
                             "max_request_size",
                             header_bytes.c_str(),
                             "enable_keep_alive",
                             "no",
                             "connection_queue",
                             "64",
                             nullptr};
    mg_callbacks callbacks{};
    callbacks.begin_request = &State::handle;
    callbacks.log_message = &State::keep_message;
    state->context.reset(mg_start(&callbacks, state.get(), options));
    if (state->context == nullptr) return cannot_listen(address, cause_in(state->first_message));

    mg_server_port bound{};
    if (mg_get_server_ports(state->context.get(), 1, &bound) != 1) return cannot_listen(address, "no port");
    state->address.port = static_cast<std::uint16_t>(bound.port);
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

}  // namespace flowtap

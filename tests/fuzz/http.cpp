// SPDX-License-Identifier: Apache-2.0
// Requests to a server that asks for a password: whoever does not know it gets no answer but a refusal.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>

#include "exporter/http/gzip.h"
#include "exporter/http/http_server.h"
#include "input.h"

using namespace flowtap;

namespace {

constexpr const char* kSecret = "numbers of the workflows";
// Of a password that no input has.
constexpr const char* kWebConfig =
    "basic_auth_users:\n  ann: $2y$04$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy\n";

HttpService service() {
    return {[](const HttpRequest&) { return false; },
            [](const HttpRequest& request) {
                (void)accepts_gzip(request.accept_encoding);
                return HttpResponse{200, kPlainType, kSecret};
            }};
}

std::uint16_t start(const std::string& web_config) {
    HttpOptions options = {.address = {"127.0.0.1", 0}, .web_config_file = web_config};
    static Result<std::unique_ptr<HttpServer>> server = HttpServer::start(std::move(options), service());
    fuzz::require(server.has_value());
    return (*server)->address().port;
}

std::string converse(std::uint16_t port, std::string_view request) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 0, .tv_usec = 100'000};  // for a request that is never complete
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return {};
    (void)::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    ::shutdown(socket.get(), SHUT_WR);
    std::string answer;
    std::array<char, 4096> piece;
    for (ssize_t got = 1; got > 0;) {
        got = ::recv(socket.get(), piece.data(), piece.size(), 0);
        if (got > 0) answer.append(piece.data(), static_cast<std::size_t>(got));
    }
    return answer;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::File web_config(kWebConfig);
    static const std::uint16_t port = start(web_config.path());
    (void)accepts_gzip(fuzz::text_of(data, size));
    const std::string answer = converse(port, fuzz::text_of(data, size));
    fuzz::require(answer.find(kSecret) == std::string::npos);
    return 0;
}

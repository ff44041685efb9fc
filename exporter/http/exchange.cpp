// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/exchange.h"

#include <strings.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace flowtap {

namespace {

struct DestroysResponse {
    void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using OwnedResponse = std::unique_ptr<MHD_Response, DestroysResponse>;

std::string header_text(MHD_Connection* connection, const char* name) {
    const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == nullptr ? std::string() : std::string(value);
}

bool has_header(MHD_Connection* connection, const char* name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name) != nullptr;
}

// Proxies receive targets with scheme and authority (RFC 9112, 3.2.2); this server has only one authority.
std::string path_of(const std::string& target) {
    for (const std::string scheme : {"http://", "https://"}) {
        if (::strncasecmp(target.c_str(), scheme.c_str(), scheme.size()) != 0) continue;
        const std::size_t path = target.find('/', scheme.size());
        return path == std::string::npos ? "/" : target.substr(path);
    }
    return target;
}

// Two lengths for one body are used to smuggle requests past proxies (RFC 9112, 6.1).
HttpResponse two_lengths() {
    return {400,
            kPlainType,
            "Content-Length and Transfer-Encoding exclude each other\n",
            false,
            {{"Connection", "close"}}};
}

// The library keeps the body as long as it sends.
OwnedResponse response_with(std::string body) {
    auto kept = std::make_unique<std::string>(std::move(body));
    OwnedResponse response(MHD_create_response_from_buffer_with_free_callback_cls(
        kept->size(), kept->data(), [](void* text) { delete static_cast<std::string*>(text); }, kept.get()));
    if (response) (void)kept.release();  // the response frees it
    return response;
}

std::optional<Credentials> read_credentials(MHD_Connection* connection) {
    struct FreesText {
        void operator()(char* text) const { MHD_free(text); }
    };
    char* password = nullptr;
    const std::unique_ptr<char, FreesText> user(MHD_basic_auth_get_username_password(connection, &password));
    const std::unique_ptr<char, FreesText> owned_password(password);
    if (!user) return std::nullopt;
    return Credentials{user.get(), password == nullptr ? "" : password};
}

using Headers = std::vector<std::pair<std::string, std::string>>;

void set_header(Headers& headers, const std::string& name, const std::string& value) {
    const auto known = std::ranges::find(headers, name, &Headers::value_type::first);
    if (known == headers.end()) {
        headers.emplace_back(name, value);
    } else {
        known->second = value;
    }
}

// Later ones win: configured headers override those of the answer.
Headers headers_of(const HttpResponse& answer, const WebConfig& config) {
    Headers headers = {{"Content-Type", answer.content_type},
                       {"Vary", "Accept, Accept-Encoding"},
                       {"Cache-Control", "no-store"},
                       {"X-Content-Type-Options", "nosniff"}};
    if (answer.gzipped) headers.emplace_back("Content-Encoding", "gzip");
    for (const auto& [name, value] : answer.headers) set_header(headers, name, value);
    for (const auto& [name, value] : config.headers) set_header(headers, name, value);
    return headers;
}

}  // namespace

std::unique_ptr<Exchange> begin_exchange(MHD_Connection* connection, Connection& client, const char* method,
                                         const char* target, std::shared_ptr<const WebSettings> settings) {
    auto exchange = std::make_unique<Exchange>(connection, client, std::move(settings));
    exchange->request = {method, path_of(target), header_text(connection, "Accept"),
                         header_text(connection, "Accept-Encoding")};
    if (!exchange->settings->config.users.empty()) exchange->credentials = read_credentials(connection);
    if (has_header(connection, "Content-Length") && has_header(connection, "Transfer-Encoding"))
        exchange->response = two_lengths();
    return exchange;
}

MHD_Result send_response(Exchange& exchange) {
    HttpResponse& answer = *exchange.response;
    const OwnedResponse response = response_with(std::move(answer.body));
    if (!response) return MHD_NO;
    for (const auto& [name, value] : headers_of(answer, exchange.settings->config)) {
        MHD_add_response_header(response.get(), name.c_str(), value.c_str());
    }
    return MHD_queue_response(exchange.connection, static_cast<unsigned>(answer.status), response.get());
}

}  // namespace flowtap

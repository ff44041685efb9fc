// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/exchange.h"

#include <memory>
#include <utility>

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

// The library keeps the body for as long as it sends.
OwnedResponse response_with(std::string body) {
    auto kept = std::make_unique<std::string>(std::move(body));
    OwnedResponse response(MHD_create_response_from_buffer_with_free_callback_cls(
        kept->size(), kept->data(), [](void* text) { delete static_cast<std::string*>(text); }, kept.get()));
    if (response) kept.release();
    return response;
}

void add_headers(MHD_Response* response, const HttpResponse& answer) {
    MHD_add_response_header(response, "Content-Type", answer.content_type.c_str());
    if (answer.gzipped) MHD_add_response_header(response, "Content-Encoding", "gzip");
    MHD_add_response_header(response, "Vary", "Accept, Accept-Encoding");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) {
        MHD_add_response_header(response, name.c_str(), value.c_str());
    }
}

}  // namespace

HttpRequest read_request(MHD_Connection* connection, const char* method, const char* path) {
    return {method, path, header_text(connection, "Accept"), header_text(connection, "Accept-Encoding")};
}

MHD_Result send_response(MHD_Connection* connection, HttpResponse response) {
    const OwnedResponse prepared = response_with(std::move(response.body));
    if (!prepared) return MHD_NO;
    add_headers(prepared.get(), response);
    return MHD_queue_response(connection, static_cast<unsigned>(response.status), prepared.get());
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "exporter/http_routes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "exporter/gzip.h"

namespace flowtap {

namespace {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kPlainType = "text/plain; charset=utf-8";
constexpr const char* kJsonType = "application/json";
constexpr const char* kHtmlType = "text/html; charset=utf-8";

HttpResponse serve_metrics(const HttpContent& content) { return {200, kMetricsType, content.metrics()}; }

HttpResponse serve_health(const HttpContent& content) {
    const Verdict verdict = content.health();
    return {verdict.good() ? 200 : 503, kJsonType, to_json(verdict, "healthy", "unhealthy")};
}

HttpResponse serve_readiness(const HttpContent& content) {
    const Verdict verdict = content.readiness();
    return {verdict.good() ? 200 : 503, kJsonType, to_json(verdict, "ready", "unready")};
}

HttpResponse serve_page(const HttpContent& content) { return {200, kHtmlType, to_html(content.status())}; }
HttpResponse serve_status(const HttpContent& content) { return {200, kJsonType, to_json(content.status())}; }

struct Route {
    std::string_view path;
    HttpResponse (*serve)(const HttpContent&);
};

constexpr Route kRoutes[] = {
    {"/", serve_page},
    {"/metrics", serve_metrics},
    {"/health", serve_health},
    {"/-/healthy", serve_health},
    {"/ready", serve_readiness},
    {"/-/ready", serve_readiness},
    {"/api/v1/status", serve_status},
};

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 503:
            return "Service Unavailable";
        default:
            return "Internal Server Error";
    }
}

}  // namespace

HttpResponse answer(const HttpContent& content, const HttpRequest& request) {
    const auto* route = std::find_if(std::begin(kRoutes), std::end(kRoutes),
                                     [&request](const Route& known) { return known.path == request.path; });
    if (route == std::end(kRoutes)) return {404, kPlainType, "no such page; / has links\n"};
    if (request.method != "GET" && request.method != "HEAD") {
        return {405, kPlainType, "only GET and HEAD are answered\n"};
    }
    HttpResponse response = route->serve(content);
    if (!accepts_gzip(request.accept_encoding)) return response;
    if (auto packed = gzip(response.body)) {
        response.body = std::move(*packed);
        response.gzipped = true;
    }
    return response;
}

std::string header_of(const HttpResponse& response) {
    std::string header = "HTTP/1.1 " + std::to_string(response.status) + " ";
    header += reason_phrase(response.status);
    header += "\r\nContent-Type: " + response.content_type;
    header += "\r\nContent-Length: " + std::to_string(response.body.size());
    if (response.gzipped) header += "\r\nContent-Encoding: gzip";
    if (response.status == 405) header += "\r\nAllow: GET, HEAD";
    return header +
           "\r\nVary: Accept-Encoding"
           "\r\nCache-Control: no-store"
           "\r\nX-Content-Type-Options: nosniff"
           "\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'"
           "\r\nConnection: close\r\n\r\n";
}

}  // namespace flowtap

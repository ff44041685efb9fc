// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/http_routes.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "exporter/http/gzip.h"
#include "exporter/views/status_page.h"

namespace flowtap {

namespace {

constexpr const char* kJsonType = "application/json";
constexpr const char* kHtmlType = "text/html; charset=utf-8";

HttpResponse serve_metrics(const HttpContent& content, const HttpRequest& request) {
    const ScrapeFormat format = negotiate(request.accept);
    Result<std::string> text = content.metrics(format);
    if (!text) return {503, kPlainType, text.error().message() + "\n"};
    return {200, std::string(content_type_of(format)), std::move(*text)};
}

HttpResponse serve_health(const HttpContent& content, const HttpRequest&) {
    const Verdict verdict = content.health();
    return {verdict.good() ? 200 : 503, kJsonType, to_json(verdict, "healthy", "unhealthy")};
}

HttpResponse serve_readiness(const HttpContent& content, const HttpRequest&) {
    const Verdict verdict = content.readiness();
    return {verdict.good() ? 200 : 503, kJsonType, to_json(verdict, "ready", "unready")};
}

// The page loads nothing from elsewhere, and a name from a target cannot run as a script.
HttpResponse serve_page(const HttpContent& content, const HttpRequest&) {
    return {200,
            kHtmlType,
            to_html(content.status()),
            false,
            {{"Content-Security-Policy", status_page_policy()}}};
}

HttpResponse serve_status(const HttpContent& content, const HttpRequest&) {
    return {200, kJsonType, to_json(content.status())};
}

HttpResponse reload(const HttpContent& content, const HttpRequest&) {
    if (!content.reload) return {403, kPlainType, "reloading by request needs --web.enable-lifecycle\n"};
    const Result<void> done = content.reload();
    if (!done) return {500, kPlainType, done.error().message() + "\n"};
    return {200, kPlainType, "reloaded\n"};
}

struct Route {
    std::string_view path;
    HttpResponse (*serve)(const HttpContent&, const HttpRequest&);
    bool quick;  // it only copies a few words
    std::string_view methods = "GET, HEAD";
};

constexpr Route kRoutes[] = {
    {"/", serve_page, false},
    {"/metrics", serve_metrics, false},
    {"/health", serve_health, true},
    {"/-/healthy", serve_health, true},
    {"/ready", serve_readiness, true},
    {"/-/ready", serve_readiness, true},
    {"/api/v1/status", serve_status, false},
    {"/-/reload", reload, false, "POST, PUT"},
};

const Route* route_of(const HttpRequest& request) {
    const auto* found = std::ranges::find(kRoutes, std::string_view(request.path), &Route::path);
    return found == std::end(kRoutes) ? nullptr : found;
}

// Methods are case-sensitive (RFC 9110, 9.1).
bool allows(const Route& route, std::string_view method) {
    const auto at = route.methods.find(method);
    if (method.empty() || at == std::string_view::npos) return false;
    const auto end = at + method.size();
    return (at == 0 || route.methods[at - 1] == ' ') &&
           (end == route.methods.size() || route.methods[end] == ',');
}

void pack(HttpResponse& response, const HttpRequest& request) {
    if (!accepts_gzip(request.accept_encoding)) return;
    if (auto packed = gzip(response.body)) {
        response.body = std::move(*packed);
        response.gzipped = true;
    }
}

HttpResponse answer(const HttpContent& content, const HttpRequest& request) {
    const Route* route = route_of(request);
    if (route == nullptr) return {404, kPlainType, "no such page; / links to all pages\n"};
    if (!allows(*route, request.method)) {
        const std::string methods(route->methods);
        return {405, kPlainType, "only " + methods + " here\n", false, {{"Allow", methods}}};
    }
    HttpResponse response = route->serve(content, request);
    pack(response, request);
    return response;
}

}  // namespace

HttpService service_of(HttpContent content) {
    HttpService service;
    service.is_quick = [](const HttpRequest& request) {
        const Route* route = route_of(request);
        return route == nullptr || route->quick || !allows(*route, request.method);
    };
    service.answer = [content = std::move(content)](const HttpRequest& request) {
        return flowtap::answer(content, request);
    };
    return service;
}

}  // namespace flowtap

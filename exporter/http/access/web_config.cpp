// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/web_config.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string_view>

#include "exporter/http/access/bcrypt.h"
#include "yaml/map_reader.h"
#include "yaml/problems.h"
#include "yaml/text_file.h"
#include "yaml/yaml_document.h"

namespace flowtap {

namespace {

constexpr std::size_t kMaxUsers = 1000;
constexpr std::size_t kMaxHeaderBytes = 8192;

constexpr Choice<ClientAuth> kClientAuths[] = {
    {"NoClientCert", ClientAuth::kNoClientCert},
    {"RequestClientCert", ClientAuth::kRequestClientCert},
    {"RequireAnyClientCert", ClientAuth::kRequireAnyClientCert},
    {"VerifyClientCertIfGiven", ClientAuth::kVerifyClientCertIfGiven},
    {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerifyClientCert},
};
constexpr Choice<TlsVersion> kVersions[] = {
    {"TLS10", TlsVersion::kTls10},
    {"TLS11", TlsVersion::kTls11},
    {"TLS12", TlsVersion::kTls12},
    {"TLS13", TlsVersion::kTls13},
};
constexpr Choice<bool> kFlags[] = {{"true", true}, {"false", false}};

// The headers that the toolkit supports.
constexpr std::string_view kHeaders[] = {"Content-Security-Policy", "Strict-Transport-Security",
                                         "X-Content-Type-Options", "X-Frame-Options", "X-XSS-Protection"};

std::string beside(const std::string& config_path, const std::optional<Text>& file) {
    if (!file || file->value.empty()) return {};
    return (std::filesystem::path(config_path).parent_path() / file->value).string();
}

TlsConfig read_tls(const MapReader& map, const std::string& path) {
    map.check_keys({{"cert_file"},
                    {"key_file"},
                    {"client_auth_type"},
                    {"client_ca_file"},
                    {"min_version"},
                    {"max_version"}});
    TlsConfig tls;
    tls.cert_file = beside(path, map.text("cert_file", Need::kRequired));
    tls.key_file = beside(path, map.text("key_file", Need::kRequired));
    tls.client_ca_file = beside(path, map.text("client_ca_file", Need::kOptional));
    tls.client_auth = map.choice("client_auth_type", kClientAuths, Need::kOptional).value_or(tls.client_auth);
    tls.min_version = map.choice("min_version", kVersions, Need::kOptional).value_or(tls.min_version);
    tls.max_version = map.choice("max_version", kVersions, Need::kOptional).value_or(tls.max_version);
    if (verifies(tls.client_auth) == tls.client_ca_file.empty()) {
        map.scope().report(
            map.line(), "client_auth_type and client_ca_file contradict each other",
            "give client_ca_file if client_auth_type verifies certificates, and remove it if not");
    }
    if (tls.min_version > tls.max_version) {
        map.scope().report(map.line(), "min_version is above max_version", "allow at least one version");
    }
    return tls;
}

// The entries of a mapping with arbitrary keys. MapReader has reported entries that are not text, and too
// many.
std::vector<std::pair<std::string, Text>> pairs_of(const YAML::Node& node, const Scope& scope) {
    std::vector<std::pair<std::string, Text>> pairs;
    const MapReader map(node, scope, kMaxUsers);
    if (!node.IsMap() || node.size() > kMaxUsers) return pairs;
    for (const auto& entry : node) {
        if (!entry.first.IsScalar()) continue;
        const std::string key = entry.first.Scalar();
        if (const auto value = map.text(key, Need::kRequired)) pairs.emplace_back(key, *value);
    }
    return pairs;
}

Users read_users(const YAML::Node& node, const Scope& scope) {
    Users users;
    for (const auto& [name, hash] : pairs_of(node, scope)) {
        if (const auto fault = bcrypt_fault(hash.value)) {
            scope.report(hash.line, "user " + flowtap::quoted(name) + ": its password " + *fault,
                         "make one with: htpasswd -nBC 10 NAME");
        } else if (name.empty() || name.find(':') != std::string::npos) {
            scope.report(hash.line, "no client can send the name " + flowtap::quoted(name),
                         "choose a name that is not empty and has no colon");
        }
        users.emplace(name, hash.value);
    }
    return users;
}

bool may_stand_in_header(std::string_view value) {
    return !value.empty() && value.size() <= kMaxHeaderBytes &&
           std::ranges::all_of(value, [](char character) { return character >= ' ' && character <= '~'; });
}

std::vector<std::pair<std::string, std::string>> read_headers(const YAML::Node& node, const Scope& scope) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& [name, value] : pairs_of(node, scope)) {
        if (std::ranges::find(kHeaders, std::string_view(name)) == std::end(kHeaders)) {
            scope.report(value.line, flowtap::quoted(name) + " is not a header that can be set",
                         "choose from Content-Security-Policy, Strict-Transport-Security, "
                         "X-Content-Type-Options, X-Frame-Options, X-XSS-Protection");
        } else if (!may_stand_in_header(value.value)) {
            scope.report(value.line, "the value of " + flowtap::quoted(name) + " cannot stand in a header",
                         "write 1 to 8192 printable ASCII characters");
        }
        headers.emplace_back(name, value.value);
    }
    return headers;
}

// Whether the text has only blanks and comments.
bool has_no_content(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find_first_not_of(" \t\r");
        if (first != std::string::npos && line[first] != '#') return false;
    }
    return true;
}

// Whether a section is missing or empty.
bool absent(const YAML::Node& node) { return !node.IsDefined() || node.IsNull(); }

WebConfig read_sections(const YAML::Node& document, const std::string& path, Problems& problems) {
    MapReader(document, {problems, ""})
        .check_keys({{"tls_server_config"}, {"http_server_config"}, {"basic_auth_users"}});
    WebConfig config;
    if (!document.IsMap()) return config;
    if (const YAML::Node tls = document["tls_server_config"]; !absent(tls)) {
        config.tls = read_tls(MapReader(tls, {problems, "tls_server_config: "}), path);
    }
    if (const YAML::Node users = document["basic_auth_users"]; !absent(users)) {
        config.users = read_users(users, {problems, "basic_auth_users: "});
    }
    if (const YAML::Node http = document["http_server_config"]; !absent(http)) {
        const Scope scope{problems, "http_server_config: "};
        const MapReader map(http, scope);
        map.check_keys({{"headers"}, {"http2"}});
        // In the toolkit this enables HTTP/2. A client may always use HTTP/1.1, and gets that here.
        static_cast<void>(map.choice("http2", kFlags, Need::kOptional));
        if (!http.IsMap()) return config;
        if (const YAML::Node headers = http["headers"]; !absent(headers)) {
            config.headers = read_headers(headers, {problems, "http_server_config: headers: "});
        }
    }
    return config;
}

}  // namespace

bool verifies(ClientAuth auth) {
    return auth == ClientAuth::kVerifyClientCertIfGiven || auth == ClientAuth::kRequireAndVerifyClientCert;
}

Result<WebConfig> read_web_config(const std::string& path) {
    Result<std::string> text = read_text_file(path);
    if (!text) {
        Error error = std::move(text).error();
        error.operation = "load web config";
        return error;
    }
    WebConfig config;
    if (has_no_content(*text)) return config;
    Problems problems(path, "web config");
    if (const auto fault = text_fault(*text)) {
        problems.add(fault->line, fault->cause, fault->remedy);
    } else if (const auto document = read_document(*text, problems)) {
        config = read_sections(*document, path, problems);
    }
    if (!problems.empty()) return to_error(std::move(problems).take());
    return config;
}

}  // namespace flowtap

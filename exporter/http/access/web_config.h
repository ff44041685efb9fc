// SPDX-License-Identifier: Apache-2.0
// The file for --web.config.file, in the format of Prometheus' exporter-toolkit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exporter/http/access/authenticator.h"

namespace flowtap {

// The names are those of Go's crypto/tls.
enum class ClientAuth : std::uint8_t {
    kNoClientCert,
    kRequestClientCert,           // requested, not verified
    kRequireAnyClientCert,        // required, not verified
    kVerifyClientCertIfGiven,     //
    kRequireAndVerifyClientCert,  //
};

// Whether certificates of clients are verified.
bool verifies(ClientAuth auth);

enum class TlsVersion : std::uint8_t { kTls10, kTls11, kTls12, kTls13 };

struct TlsConfig {
    std::string cert_file;  // PEM, with the chain; relative to the config file, as the two below
    std::string key_file;
    std::string client_ca_file;  // empty: none
    ClientAuth client_auth = ClientAuth::kNoClientCert;
    TlsVersion min_version = TlsVersion::kTls12;
    TlsVersion max_version = TlsVersion::kTls13;
};

struct WebConfig {
    std::optional<TlsConfig> tls = {};
    Users users = {};  // empty: no authentication
    std::vector<std::pair<std::string, std::string>> headers = {};
};

// Errors: kUsage; one error with all mistakes in the file, each with its line.
Result<WebConfig> read_web_config(const std::string& path);

}  // namespace flowtap

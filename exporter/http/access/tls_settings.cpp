// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/tls_settings.h"

#include <fcntl.h>
#include <gnutls/x509.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/fd.h"

namespace flowtap {

namespace {

// GnuTLS writes sentences.
std::string gnutls_text(int code) {
    std::string text = ::gnutls_strerror(code);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

Error cannot_use(const std::string& what, const std::string& file, int code) {
    return {"load " + what, file, gnutls_text(code), "give a file in PEM", Error::Kind::kUsage};
}

// Unlike the other functions, that which reads it reports an empty file by a count of zero.
Error cannot_use_ca(const std::string& file, int count) {
    return cannot_use("client CA", file, count == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : count);
}

// GnuTLS does not report which file it could not read, and why.
Result<void> check_readable(const std::string& what, const std::string& file) {
    if (Fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC))) return {};
    Error error = errno_error("load " + what, file, errno);
    error.remedy = "check the path and its permissions";
    error.kind = Error::Kind::kUsage;
    return error;
}

Result<void> check_readable(const TlsConfig& config) {
    if (auto done = check_readable("certificate", config.cert_file); !done) return done;
    if (auto done = check_readable("key", config.key_file); !done) return done;
    return verifies(config.client_auth) ? check_readable("client CA", config.client_ca_file) : Result<void>();
}

// Called in the handshake. A client without a certificate gets here only if it does not need one.
int verify_client(gnutls_session_t session) {
    unsigned count = 0;
    if (::gnutls_certificate_get_peers(session, &count) == nullptr || count == 0) return 0;
    auto* purpose = reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT));
    gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0};
    unsigned status = 0;
    const int done = ::gnutls_certificate_verify_peers(session, &wanted, 1, &status);
    return done >= 0 && status == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

gnutls_certificate_request_t request_of(ClientAuth auth) {
    switch (auth) {
        case ClientAuth::kNoClientCert:
            return GNUTLS_CERT_IGNORE;
        case ClientAuth::kRequestClientCert:
        case ClientAuth::kVerifyClientCertIfGiven:
            return GNUTLS_CERT_REQUEST;
        case ClientAuth::kRequireAnyClientCert:
        case ClientAuth::kRequireAndVerifyClientCert:
            break;
    }
    return GNUTLS_CERT_REQUIRE;
}

std::string priorities_of(const TlsConfig& config) {
    constexpr const char* kNames[] = {":+VERS-TLS1.0", ":+VERS-TLS1.1", ":+VERS-TLS1.2", ":+VERS-TLS1.3"};
    std::string text = "NORMAL:%SERVER_PRECEDENCE:-VERS-ALL";
    for (auto version = static_cast<int>(config.max_version); version >= static_cast<int>(config.min_version);
         --version) {
        text += kNames[version];
    }
    return text;
}

}  // namespace

Result<std::shared_ptr<const TlsSettings>> TlsSettings::load(const TlsConfig& config) {
    if (auto readable = check_readable(config); !readable) return readable.error();
    const std::shared_ptr<TlsSettings> settings(new TlsSettings(config.client_auth));
    gnutls_priority_t priority = nullptr;
    if (const int code = ::gnutls_priority_init(&priority, priorities_of(config).c_str(), nullptr);
        code < 0) {
        return Error{"set", "min_version and max_version", gnutls_text(code),
                     "choose versions that this machine's GnuTLS allows", Error::Kind::kUsage};
    }
    settings->priority_.reset(priority);
    gnutls_certificate_credentials_t credentials = nullptr;
    if (const int code = ::gnutls_certificate_allocate_credentials(&credentials); code < 0) {
        return cannot_use("certificate", config.cert_file, code);
    }
    settings->credentials_.reset(credentials);
    if (const int code = ::gnutls_certificate_set_x509_key_file(credentials, config.cert_file.c_str(),
                                                                config.key_file.c_str(), GNUTLS_X509_FMT_PEM);
        code < 0) {
        return cannot_use("certificate and key", config.cert_file + " and " + config.key_file, code);
    }
    if (verifies(config.client_auth)) {
        const int count = ::gnutls_certificate_set_x509_trust_file(credentials, config.client_ca_file.c_str(),
                                                                   GNUTLS_X509_FMT_PEM);
        if (count <= 0) return cannot_use_ca(config.client_ca_file, count);
        ::gnutls_certificate_set_verify_function(credentials, &verify_client);
    }
    return std::shared_ptr<const TlsSettings>(settings);
}

void TlsSettings::apply_to(gnutls_session_t session) const {
    ::gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_.get());
    ::gnutls_priority_set(session, priority_.get());
    ::gnutls_certificate_server_set_request(session, request_of(client_auth_));
}

}  // namespace flowtap

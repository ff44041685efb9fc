// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gnutls/gnutls.h>

#include <memory>

#include "base/result.h"
#include "exporter/http/access/web_config.h"

namespace flowtap {

// Certificate, key and rules of one TlsConfig, as the files were when they were read. A session may use them
// until it ends.
class TlsSettings {
public:
    // Errors: kUsage; they name the file.
    static Result<std::shared_ptr<const TlsSettings>> load(const TlsConfig& config);

    // Before the handshake.
    void apply_to(gnutls_session_t session) const;

private:
    struct FreesCredentials {
        void operator()(gnutls_certificate_credentials_t credentials) const {
            ::gnutls_certificate_free_credentials(credentials);
        }
    };
    struct FreesPriority {
        void operator()(gnutls_priority_t priority) const { ::gnutls_priority_deinit(priority); }
    };

    explicit TlsSettings(ClientAuth client_auth) : client_auth_(client_auth) {}

    ClientAuth client_auth_;
    std::unique_ptr<gnutls_certificate_credentials_st, FreesCredentials> credentials_;
    std::unique_ptr<gnutls_priority_st, FreesPriority> priority_;
};

}  // namespace flowtap

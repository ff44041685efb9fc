// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "exporter/http/access/tls_settings.h"
#include "exporter/http/access/web_config.h"

namespace flowtap {

// A web config with the files it names, read at one moment.
struct WebSettings {
    WebConfig config = {};
    std::shared_ptr<const TlsSettings> tls = {};  // null: plain HTTP
};

// Follows changes of the file, so that certificates and users can change without a restart. For one thread.
class WebConfigFile {
public:
    using Log = std::function<void(const std::string& line)>;

    // Without a path: plain HTTP for everybody. `log` is called for later changes that were not accepted.
    static Result<WebConfigFile> open(std::string path, Log log);

    // As the files stand now; where they cannot be used, or would begin or end TLS, as they stood before.
    const std::shared_ptr<const WebSettings>& current();

private:
    WebConfigFile(std::string path, Log log) : path_(std::move(path)), log_(std::move(log)) {}

    Result<void> read();

    std::string path_;
    Log log_;
    std::vector<std::string> certificates_;  // the files it names
    std::string seen_;                       // state of all these files when they were last read
    std::shared_ptr<const WebSettings> settings_ = std::make_shared<WebSettings>();
};

}  // namespace flowtap

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

// A web config and the files it names, read at one moment.
struct WebSettings {
    WebConfig config = {};
    std::shared_ptr<const TlsSettings> tls = {};  // null: plain HTTP
};

// Follows changes of the file, so that certificates and users can change without a restart. Not thread-safe.
class WebConfigFile {
public:
    using Log = std::function<void(const std::string& line)>;

    // An empty path means plain HTTP without authentication. `log` is called for later changes that were
    // rejected.
    static Result<WebConfigFile> open(std::string path, Log log);

    // The settings in the files now. If they are invalid, or would turn TLS on or off, the previous settings.
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

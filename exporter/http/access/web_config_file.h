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

// Keeps up with the file: certificates are renewed and users change without a restart. One thread.
class WebConfigFile {
public:
    using Log = std::function<void(const std::string& line)>;

    // Without a path: plain HTTP for everybody. `log` hears of later changes that were not taken.
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"

namespace flowtap {

struct FetchRequest {
    std::string url;           // http or https; may contain a user and password, otherwise ~/.netrc is used
    std::string ca_file = {};  // CA of the server's certificate; empty: this machine's CAs
    std::chrono::milliseconds patience{5000};       // for the whole request
    std::size_t max_bytes = std::size_t{16} << 20;  // of the answer, decompressed
};

// The URL of a page of a flowtap daemon. `base` may lack the scheme (http), and may have a path if the daemon
// is behind a proxy. Errors: kUsage if it is not an HTTP URL.
Result<std::string> page_url(const std::string& base, const std::string& path);

// For display.
std::string without_password(const std::string& url);

// The body of an answer with status 200; does not follow redirections. Errors: kFailed; kUsage if the URL is
// invalid.
Result<std::string> fetch(const FetchRequest& request);

}  // namespace flowtap

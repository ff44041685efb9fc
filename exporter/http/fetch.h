// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"

namespace flowtap {

struct FetchRequest {
    std::string url;           // http or https; a user and password may stand in it, else ~/.netrc is asked
    std::string ca_file = {};  // who signs the server's certificate; empty: whom this machine trusts
    std::chrono::milliseconds patience{5000};       // for all of it
    std::size_t max_bytes = std::size_t{16} << 20;  // of the answer, unpacked
};

// The URL of a page of a flowtap daemon: `base` may lack the scheme (http) and may name a directory, where
// the daemon is behind a proxy. Errors: kUsage where it is no HTTP URL.
Result<std::string> page_url(const std::string& base, const std::string& path);

// For people to see.
std::string without_password(const std::string& url);

// The body of a 200 answer; redirections are not followed. Errors: kFailed; kUsage for a URL that is none.
Result<std::string> fetch(const FetchRequest& request);

}  // namespace flowtap

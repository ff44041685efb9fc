// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flowtap {

// Whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3): named, or covered by "*", with a weight
// that is not 0.
bool accepts_gzip(std::string_view accept_encoding);

// `text` in gzip format (RFC 1952). nullopt if zlib gets no memory: then send the text uncompressed.
std::optional<std::string> gzip(std::string_view text);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zlib.h>

#include <optional>
#include <string>

namespace flowtap::test {

// At most 16 MiB of text; nothing if `packed` is not one whole gzip member.
inline std::optional<std::string> gunzip(std::string packed) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
    std::string text(16U << 20U, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int outcome = inflate(&stream, Z_FINISH);
    const bool whole = outcome == Z_STREAM_END && stream.avail_in == 0;
    text.resize(stream.total_out);
    inflateEnd(&stream);
    if (!whole) return std::nullopt;
    return text;
}

}  // namespace flowtap::test

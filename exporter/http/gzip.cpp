// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/gzip.h"

#include <strings.h>
#include <zlib.h>

#include <limits>

namespace flowtap {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Removes and returns the text before the first `separator`.
std::string_view take_until(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return trimmed(part);
}

bool is(std::string_view text, std::string_view token) {
    return text.size() == token.size() && ::strncasecmp(text.data(), token.data(), token.size()) == 0;
}

// "q=0", "q=0.", "q=0.000": not acceptable.
bool is_zero_weight(std::string_view parameter) {
    const std::string_view name = take_until(parameter, '=');
    const std::string_view weight = trimmed(parameter);
    return is(name, "q") && !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

// 15 bits of window; adding 16 selects gzip's header and trailer (zlib.h, deflateInit2).
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's default

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    bool any_other = false;
    while (!accept_encoding.empty()) {
        std::string_view item = take_until(accept_encoding, ',');
        const std::string_view coding = take_until(item, ';');
        const bool wanted = !is_zero_weight(take_until(item, ';'));
        if (is(coding, "gzip") || is(coding, "x-gzip")) return wanted;
        if (coding == "*") any_other = wanted;
    }
    return any_other;
}

std::optional<std::string> gzip(std::string_view text) {
    z_stream stream{};
    // Fastest level: metrics are so repetitive that it already saves 95 %.
    if (text.size() > std::numeric_limits<uInt>::max() ||
        deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
            Z_OK) {
        return std::nullopt;
    }
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write there
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int outcome = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END) return std::nullopt;
    return packed;
}

}  // namespace flowtap

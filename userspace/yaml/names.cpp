// SPDX-License-Identifier: Apache-2.0
#include "yaml/names.h"

#include <algorithm>
#include <cstddef>

namespace flowtap {
namespace {

constexpr std::size_t kMaxShown = 80;
constexpr std::size_t kMaxLabel = 64;
constexpr std::size_t kMaxName = 255;  // of one dotted name as a whole

// Not <cctype>: the syntax of a profile must not depend on the daemon's locale.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_beyond_ascii(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }

bool all_parts(std::string_view dotted, bool (*accepts)(std::string_view)) {
    const auto parts = split(dotted, '.');
    return dotted.size() <= kMaxName && std::all_of(parts.begin(), parts.end(), accepts);
}

bool is_qualname_part(std::string_view part) {
    return part == "<locals>" || part == "<lambda>" || is_identifier(part);
}

void append_escaped(std::string& line, char c) {
    constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
        line += c;
        return;
    }
    line += "\\x";
    line += kHex[byte >> 4];
    line += kHex[byte & 15];
}

}  // namespace

std::string quoted(std::string_view text) {
    std::string line = "\"";
    for (const char c : text.substr(0, kMaxShown)) append_escaped(line, c);
    if (text.size() > kMaxShown) line += "...";
    return line + '"';
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string line;
    for (const auto word : words) {
        if (!line.empty()) line += ", ";
        line += word;
    }
    return line;
}

bool is_label(std::string_view text) {
    const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; };
    return !text.empty() && text.size() <= kMaxLabel && std::all_of(text.begin(), text.end(), fits);
}

bool is_identifier(std::string_view text) {
    const auto starts = [](char c) { return is_letter(c) || is_beyond_ascii(c); };
    const auto fits = [&](char c) { return starts(c) || is_digit(c); };
    return !text.empty() && text.size() <= kMaxName && starts(text.front()) &&
           std::all_of(text.begin(), text.end(), fits);
}

bool is_module(std::string_view text) { return all_parts(text, is_identifier); }

bool is_qualname(std::string_view text) { return all_parts(text, is_qualname_part); }

}  // namespace flowtap

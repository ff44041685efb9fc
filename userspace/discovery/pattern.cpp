// SPDX-License-Identifier: Apache-2.0
#include "discovery/pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace flowtap {
namespace {

constexpr std::size_t kMaxPattern =
    1024;  // finding the wrong part takes as many steps as the pattern is long
constexpr std::int64_t kMaxMemory = std::int64_t{8} << 20;

re2::RE2::Options options() {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    return options;
}

re2::StringPiece piece_of(std::string_view text) { return {text.data(), text.size()}; }

// The shortest prefix that is wrong in the same way ends at the fault. nullopt if that would cut a character
// in half.
std::size_t end_of_fault(std::string_view pattern, re2::RE2::ErrorCode fault) {
    for (std::size_t size = 1; size < pattern.size(); ++size) {
        const re2::RE2 part(piece_of(pattern.substr(0, size)), options());
        if (part.error_code() == fault) return size;
    }
    return pattern.size();
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

std::string place_of(const re2::RE2& refused) {
    const std::string_view pattern = refused.pattern();
    if (refused.error().starts_with("missing") || refused.error().starts_with("trailing"))
        return " at its end";
    if (refused.error_code() == re2::RE2::ErrorBadUTF8) return "";
    const std::size_t end = end_of_fault(pattern, refused.error_code());
    const std::string_view fault = refused.error_arg();
    std::size_t begin = end - 1;
    // For an unmatched parenthesis, RE2 reports everything before it as well.
    if (!refused.error().starts_with("unexpected"))
        begin = std::min(pattern.find(fault, end - std::min(end, fault.size())), begin);
    const auto characters = std::ranges::count_if(pattern.substr(0, begin + 1), begins_character);
    return " at character " + std::to_string(characters);
}

Error refused(const std::string& text, std::string cause) {
    return {"read --match", text, std::move(cause),
            "give a regular expression in RE2's syntax, which has no look-around and no backreferences",
            Error::Kind::kUsage};
}

}  // namespace

Result<Pattern> Pattern::compile(const std::string& text) {
    if (text.size() > kMaxPattern)
        return refused(text, "longer than " + std::to_string(kMaxPattern) + " bytes");
    auto compiled = std::make_shared<const re2::RE2>(piece_of(text), options());
    if (!compiled->ok()) return refused(text, compiled->error() + place_of(*compiled));
    return Pattern(std::move(compiled));
}

bool Pattern::found_in(std::string_view text) const {
    return re2::RE2::PartialMatch(piece_of(text), *compiled_);
}

}  // namespace flowtap

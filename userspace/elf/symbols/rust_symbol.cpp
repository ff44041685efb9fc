// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols/rust_symbol.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "elf/symbols/rust_path.h"

namespace flowtap {
namespace {

// "$LT$" and the like of the legacy mangling; ".." stands for "::".
struct Escape {
    std::string_view code;
    char text;
};
constexpr std::array<Escape, 10> kEscapes{{{"$SP$", '@'},
                                           {"$BP$", '*'},
                                           {"$RF$", '&'},
                                           {"$LT$", '<'},
                                           {"$GT$", '>'},
                                           {"$LP$", '('},
                                           {"$RP$", ')'},
                                           {"$C$", ','},
                                           {"$u20$", ' '},
                                           {"$u7e$", '~'}}};

std::string unescaped(std::string_view part) {
    // An identifier may not begin with '$' for the assembler: it gets a '_' in front.
    if (part.starts_with("_$")) part.remove_prefix(1);
    std::string text;
    while (!part.empty()) {
        const auto* escape =
            std::ranges::find_if(kEscapes, [&](const Escape& one) { return part.starts_with(one.code); });
        if (part.starts_with("..")) {
            text += "::";
            part.remove_prefix(2);
        } else if (escape != kEscapes.end()) {
            text += escape->text;
            part.remove_prefix(escape->code.size());
        } else {
            text += part.front();
            part.remove_prefix(1);
        }
    }
    return text;
}

bool is_hash(std::string_view part) {
    return part.size() == 17 && part[0] == 'h' &&
           std::all_of(part.begin() + 1, part.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// The next "<length><bytes>" of a legacy symbol.
std::optional<std::string_view> take_part(std::string_view& rest) {
    std::size_t length = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    if (parsed.ec != std::errc{}) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()));
    if (length == 0 || length > rest.size()) return std::nullopt;
    const std::string_view part = rest.substr(0, length);
    rest.remove_prefix(length);
    return part;
}

std::string legacy_name(std::string_view mangled) {
    std::string_view rest = mangled.substr(std::string_view("_ZN").size());
    std::string name;
    while (const auto part = take_part(rest)) {
        if (is_hash(*part)) return rest.starts_with("E") ? name : std::string();
        name += (name.empty() ? "" : "::") + unescaped(*part);
    }
    return {};
}

}  // namespace

std::string rust_function_name(std::string_view mangled) {
    constexpr std::size_t kLongest = 2048;
    if (mangled.size() > kLongest) return {};
    if (mangled.starts_with("_ZN")) return legacy_name(mangled);
    if (mangled.starts_with("_R")) return RustPath(mangled.substr(2)).read();
    return {};
}

}  // namespace flowtap

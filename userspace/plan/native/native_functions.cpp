// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_functions.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "base/plural.h"
#include "elf/symbols/demangle.h"
#include "elf/symbols/wildcard.h"

namespace flowtap {
namespace {

Error not_found(const Point& point, std::string cause, std::string remedy = {}) {
    return {"find function", point.symbol, std::move(cause), std::move(remedy), Error::Kind::kUsage};
}

struct FilePlace {
    std::string file;
    std::uint64_t offset = 0;
};

// "libengine.so.1+0x1139".
std::optional<FilePlace> file_place(const std::string& words) {
    const std::size_t plus = words.rfind("+0x");
    if (plus == std::string::npos || plus == 0) return std::nullopt;
    FilePlace place{words.substr(0, plus), 0};
    const char* end = words.data() + words.size();
    const auto parsed = std::from_chars(words.data() + plus + 3, end, place.offset, 16);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(place) : std::nullopt;
}

// Makes any name in a file fit for a label.
std::string printable(const std::string& name) {
    std::string clean = name;
    std::ranges::replace_if(
        clean, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return clean;
}

std::string function_name(const Symbol& symbol) {
    const std::string demangled = demangled_function_name(symbol.name);
    return printable(demangled.empty() ? symbol.name : demangled);
}

Result<std::vector<NativeFunction>> at_place(const Point& point, const FilePlace& place,
                                             const std::vector<NativeBinary>& binaries) {
    std::vector<NativeFunction> found;
    for (const NativeBinary& binary : binaries) {
        if (binary.name != place.file) continue;
        const auto address = binary.elf->address_at(place.offset);
        if (!address) return not_found(point, "no code lies at that offset of the file");
        const auto piece = binary.elf->piece_of(*address);
        if (piece && piece->start != *address) {
            const auto start = binary.elf->file_offset(piece->start).value_or(0);
            return not_found(point, "no function starts there",
                             "the one around it starts " + counted(place.offset - start, "byte") + " before");
        }
        found.push_back({&binary, *address, point.symbol});
    }
    return found;
}

std::string looked_at(const std::vector<NativeBinary>& binaries) {
    std::string text;
    std::set<std::string> seen;
    for (const NativeBinary& binary : binaries) {
        if (!seen.insert(binary.path).second) continue;
        text +=
            (text.empty() ? "" : "; ") + binary.name + " (looked at " + binary.elf->symbol_sources() + ")";
    }
    return text;
}

std::string similar(const Point& point, const std::vector<NativeBinary>& binaries) {
    std::set<std::string> names;
    for (const NativeBinary& binary : binaries)
        for (std::string& name : binary.elf->functions_like(point.symbol)) names.insert(printable(name));
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "there is " : ", ") + name;
    return text;
}

Result<std::vector<NativeFunction>> named(const Point& point, const std::vector<NativeBinary>& binaries) {
    std::vector<NativeFunction> found;
    for (const NativeBinary& binary : binaries) {
        const std::vector<Symbol> symbols = binary.elf->find_functions(point.symbol);
        if (symbols.size() > 1 && !is_wildcard(point.symbol)) {
            return not_found(point, several_functions(symbols),
                             "write one of these names, or \"" + point.symbol + "*\" for all");
        }
        for (const Symbol& symbol : symbols)
            found.push_back({&binary, symbol.address, function_name(symbol)});
        if (found.size() > kMaxFunctionsOfPoint) {
            return not_found(point,
                             std::to_string(found.size()) + " functions match, more than " +
                                 std::to_string(kMaxFunctionsOfPoint),
                             "write a narrower pattern");
        }
    }
    return found;
}

}  // namespace

std::string files_to_come(const Profile& profile, const std::vector<NativeBinary>& binaries) {
    std::string names;
    for (const std::string& wanted : profile.binaries) {
        const auto has_name = [&](const NativeBinary& binary) {
            return matches_wildcard(wanted, binary.name);
        };
        if (std::ranges::none_of(binaries, has_name)) names += (names.empty() ? "" : ", ") + wanted;
    }
    return names;
}

Result<std::vector<NativeFunction>> find_point_functions(const Point& point, const Profile& profile,
                                                         const std::vector<NativeBinary>& binaries,
                                                         std::string& missing) {
    const auto place = file_place(point.symbol);
    Result<std::vector<NativeFunction>> found =
        place ? at_place(point, *place, binaries) : named(point, binaries);
    if (!found || !found->empty()) return found;
    const std::string later = files_to_come(profile, binaries);
    const std::string looked = looked_at(binaries);
    const std::string cause = looked.empty() ? "no file of the profile is mapped" : "not in " + looked;
    if (later.empty()) return not_found(point, cause, similar(point, binaries));
    missing = cause + "; not loaded yet: " + later;
    return found;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "profile/native_source.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>

#include "arch/architecture.h"

namespace flowtap {
namespace {

constexpr Choice<NativeType> kTypes[] = {
    {"cstring", NativeType::kCString},
    {"string", NativeType::kString},
    {"string_view", NativeType::kStringView},
    {"libcxx_string", NativeType::kLibcxxString},
    {"libcxx_string_view", NativeType::kStr},
    {"str", NativeType::kStr},
    {"int8", NativeType::kInt8},
    {"uint8", NativeType::kUint8},
    {"int16", NativeType::kInt16},
    {"uint16", NativeType::kUint16},
    {"int32", NativeType::kInt32},
    {"uint32", NativeType::kUint32},
    {"int64", NativeType::kInt64},
    {"uint64", NativeType::kUint64},
    {"pointer", NativeType::kUint64},
};

// Reads one value. Reports only the first mistake.
class SourceReader {
public:
    SourceReader(std::string_view key, const Text& text, Untyped untyped, const Scope& scope)
        : key_(key), text_(text), untyped_(untyped), scope_(scope) {}

    IdSource read() const {
        auto words = split(text_.value, ' ');
        std::erase(words, std::string_view{});
        if (words.empty() || words.size() > 2) return fault(" is not an argument");
        if (words.size() == 1 && !argument_digits(words[0])) return by_name(words[0]);
        return by_position(words[0], words.size() == 2 ? words[1] : std::string_view{});
    }

private:
    IdSource fault(const std::string& what) const {
        return fault(what, "write argN TYPE, as in \"arg0 cstring\", or a name, as in \"this->id\"");
    }
    IdSource fault(const std::string& what, const std::string& remedy) const {
        scope_.report(text_.line, "key " + flowtap::quoted(key_) + ": " + flowtap::quoted(text_.value) + what,
                      remedy);
        return {};
    }

    // "arg0": the digits after "arg"; nullopt for any other word.
    static std::optional<std::string_view> argument_digits(std::string_view word) {
        constexpr std::string_view kPrefix = "arg";
        if (!word.starts_with(kPrefix)) return std::nullopt;
        word.remove_prefix(kPrefix.size());
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        if (word.empty() || !std::all_of(word.begin(), word.end(), is_digit)) return std::nullopt;
        return word;
    }

    // "->" and "." mean the same here: the debug information says what is a pointer.
    static std::vector<std::string_view> parts_of(std::string_view path) {
        std::vector<std::string_view> parts;
        std::size_t start = 0;
        for (std::size_t i = 0; i <= path.size(); i++) {
            const bool arrow = path.substr(i).starts_with("->");
            if (i < path.size() && path[i] != '.' && !arrow) continue;
            parts.push_back(path.substr(start, i - start));
            if (arrow) i++;
            start = i + 1;
        }
        return parts;
    }

    IdSource by_name(std::string_view word) const {
        const auto parts = parts_of(word);
        if (!std::all_of(parts.begin(), parts.end(), is_identifier)) return fault(" is not an argument");
        if (parts.size() - 1 > NativePath::kMaxMembers) {
            return fault(" goes through " + std::to_string(parts.size() - 1) + " members",
                         "at most " + std::to_string(NativePath::kMaxMembers));
        }
        return NativePath{std::string(parts[0]), {std::next(parts.begin()), parts.end()}};
    }

    IdSource by_position(std::string_view place, std::string_view type_word) const {
        const auto parts = hops_of(place);
        NativeArgument argument;
        const auto& names = arch::kRegisterNames;
        const auto reg = std::find(names.begin(), names.end(), parts[0]);
        if (reg != names.end()) {
            argument.machine_register = static_cast<std::uint8_t>(reg - names.begin());
        } else {
            const auto digits = argument_digits(parts[0]);
            if (!digits) return fault(" is not an argument");
            if (!parse(*digits, argument.index) || argument.index > NativeArgument::kMaxIndex) {
                return fault(": argument index out of range",
                             "at most arg" + std::to_string(NativeArgument::kMaxIndex));
            }
        }
        if (parts.size() - 1 > NativeArgument::kMaxHops)
            return fault(" follows too many pointers", "at most " + std::to_string(NativeArgument::kMaxHops));
        for (std::size_t i = 1; i < parts.size(); i++) {
            std::int32_t hop = 0;
            if (!parse(parts[i], hop)) return fault(": " + flowtap::quoted(parts[i]) + " is not an offset");
            argument.hops.push_back(hop);
        }
        return with_type(std::move(argument), type_word);
    }

    IdSource with_type(NativeArgument argument, std::string_view word) const {
        argument.type = NativeType::kDeclared;
        if (word.empty() && untyped_ == Untyped::kRefused) return fault(" has no type");
        if (word.empty()) return argument;
        const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                        [&](const auto& choice) { return choice.word == word; });
        if (type == std::end(kTypes)) {
            std::vector<std::string_view> known;
            for (const auto& choice : kTypes) known.push_back(choice.word);
            return fault(": unknown type " + flowtap::quoted(word), "known: " + joined(known));
        }
        argument.type = type->value;
        return argument;
    }

    static std::vector<std::string_view> hops_of(std::string_view place) {
        std::vector<std::string_view> parts;
        for (std::size_t at = place.find("->"); at != std::string_view::npos; at = place.find("->")) {
            parts.push_back(place.substr(0, at));
            place.remove_prefix(at + 2);
        }
        parts.push_back(place);
        return parts;
    }

    static bool parse(std::string_view text, std::int32_t& value) {
        const bool hexadecimal = text.starts_with("0x");
        if (hexadecimal) text.remove_prefix(2);
        const auto end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
        return parsed.ec == std::errc{} && parsed.ptr == end;
    }

    std::string_view key_;
    const Text& text_;
    Untyped untyped_;
    const Scope& scope_;
};

}  // namespace

IdSource read_native_source(std::string_view key, const Text& text, Untyped untyped, const Scope& scope) {
    return SourceReader(key, text, untyped, scope).read();
}

}  // namespace flowtap

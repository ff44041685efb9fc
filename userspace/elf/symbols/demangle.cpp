// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <optional>

#include "elf/symbols/rust_symbol.h"

namespace flowtap {
namespace {

// The demangler recurses on its input, and the input comes from the file.
constexpr size_t kMaxMangledLength = 2048;

constexpr std::string_view kAnonymous = "(anonymous namespace)";

// Behind the parenthesis that closes the one at `open`; the end where none does.
size_t after_parenthesis(std::string_view text, size_t open) {
    int depth = 0;
    for (size_t i = open; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')' && --depth == 0) return i + 1;
    }
    return text.size();
}

// "(int)::{lambda()#1}::operator()() const": parameters of a function around the one that is named. Behind
// them; none where they are the function's own.
std::optional<size_t> after_outer_parameters(std::string_view text, size_t open) {
    size_t at = after_parenthesis(text, open);
    for (const std::string_view qualifier : {" const", " volatile", " &&", " &"})
        if (text.substr(at).starts_with(qualifier)) at += qualifier.size();
    return text.substr(at).starts_with("::") ? std::optional(at) : std::nullopt;
}

// The name alone: without parameters, also those of functions around it, without qualifiers, and without the
// return type that a template has before it.
std::string bare_name(std::string_view full) {
    int brackets = 0;
    std::string name;
    for (size_t i = 0; i < full.size(); ++i) {
        const std::string_view rest = full.substr(i);
        const bool is_operator = rest.starts_with("operator") && brackets == 0;
        if (rest.starts_with(kAnonymous)) {
            name += kAnonymous;
            i += kAnonymous.size() - 1;
        } else if (is_operator) {
            // "operator()", "operator<", "operator new": not brackets, no end of a return type.
            const size_t from = rest.starts_with("operator()") ? std::string_view("operator()").size() : 0;
            const size_t length = std::min(rest.find('(', from), rest.size());
            name += rest.substr(0, length);
            i += length - 1;
        } else if (full[i] == '(' && brackets == 0) {
            const auto after = after_outer_parameters(full, i);
            if (!after) return name;
            i = *after - 1;
        } else if (full[i] == ' ' && brackets == 0) {
            name.clear();
        } else {
            if (full[i] == '<' || full[i] == '{') ++brackets;
            if (full[i] == '>' || full[i] == '}') --brackets;
            name += full[i];
        }
    }
    return {};
}

}  // namespace

std::string demangled_function_name(std::string_view mangled) {
    if (std::string rust = rust_function_name(mangled); !rust.empty()) return rust;
    if (!mangled.starts_with("_Z") || mangled.size() > kMaxMangledLength) return {};
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> full(
        abi::__cxa_demangle(std::string(mangled).c_str(), nullptr, nullptr, &status), std::free);
    if (status != 0 || !full) return {};
    const std::string_view text(full.get());
    if (text.find("[clone ") != std::string_view::npos) return {};
    return bare_name(text);
}

std::string_view last_identifier(std::string_view qualified_name) {
    const std::string_view bare = qualified_name.substr(0, qualified_name.find('<'));
    size_t start = bare.size();
    while (start > 0 &&
           (std::isalnum(static_cast<unsigned char>(bare[start - 1])) != 0 || bare[start - 1] == '_'))
        --start;
    return bare.substr(start);
}

}  // namespace flowtap

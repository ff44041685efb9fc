// SPDX-License-Identifier: Apache-2.0
#include "elf/demangle.h"

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <memory>

namespace flowtap {
namespace {

// The demangler recurses on its input, and the input comes from the file.
constexpr size_t kMaxMangledLength = 2048;

constexpr std::string_view kAnonymous = "(anonymous namespace)";

// Removes what follows the name: parameters, qualifiers and, before it, the return type of a template.
std::string bare_name(std::string_view full) {
    int angles = 0;
    size_t start = 0;
    for (size_t i = 0; i < full.size(); ++i) {
        if (full.substr(i).starts_with(kAnonymous)) {
            i += kAnonymous.size() - 1;
        } else if (full.substr(i).starts_with("operator")) {
            // "operator()", "operator<": not brackets.
            i += std::string_view("operator").size();
            while (i + 1 < full.size() && full[i + 1] != '(') ++i;
        } else if (full[i] == '<') {
            ++angles;
        } else if (full[i] == '>') {
            --angles;
        } else if (full[i] == ' ' && angles == 0) {
            start = i + 1;
        } else if (full[i] == '(' && angles == 0) {
            return std::string(full.substr(start, i - start));
        }
    }
    return {};
}

}  // namespace

std::string demangled_function_name(std::string_view mangled) {
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

// SPDX-License-Identifier: Apache-2.0
#include "process/c_library.h"

#include <string_view>

namespace flowtap {
namespace {

// musl installs itself as libc.so; its loader's name is a link to that, or, on Alpine, the file itself.
bool is_musl(std::string_view name) {
    return name.starts_with("ld-musl-") || name.starts_with("libc.musl-") || name == "libc.so" ||
           name == "libc.so (deleted)";
}

// Until 2.33 the file was called by its version.
bool is_glibc(std::string_view name) { return name.starts_with("libc.so.6") || name.starts_with("libc-2."); }

}  // namespace

std::optional<CLibrary> c_library(const ProcessFacts& facts) {
    for (const Mapping& mapping : facts.mappings) {
        const std::string_view path = mapping.path;
        const std::string_view name = path.substr(path.rfind('/') + 1);
        if (is_musl(name)) return CLibrary::kMusl;
        if (is_glibc(name)) return CLibrary::kGlibc;
    }
    return std::nullopt;
}

}  // namespace flowtap

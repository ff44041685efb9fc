// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cpp_type_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace flowtap {

std::string cpp_type_name(const std::string& mangled) {
    const std::size_t start = mangled.starts_with('*') ? 1 : 0;
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(mangled.c_str() + start, nullptr, nullptr, &status), std::free);
    return status == 0 && name ? std::string(name.get()) : std::string();
}

}  // namespace flowtap

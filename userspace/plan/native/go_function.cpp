// SPDX-License-Identifier: Apache-2.0
#include "plan/native/go_function.h"

#include <string>

namespace flowtap {

bool is_go_function(const ElfFile& elf, std::uint64_t address) {
    if (!elf.find_symbol("runtime.morestack") && !elf.find_symbol("runtime.morestack.abi0")) return false;
    // "main.run", "main.(*Engine).Run"; names in C and C++ have a dot only before the suffix of a clone.
    const std::string name = elf.symbol_at(address);
    return name.empty() || (!name.starts_with("_Z") && name.find('.') != std::string::npos);
}

}  // namespace flowtap

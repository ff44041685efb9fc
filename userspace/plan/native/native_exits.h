// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "code/function/function_code.h"
#include "elf/elf_file.h"
#include "sites/site.h"

namespace flowtap {

struct NativeExit {
    Site site;
    std::uint8_t flags = 0;  // enum ft_exit_flag
};

// All ways in which a function returns to its caller.
struct NativeExits {
    std::vector<NativeExit> exits;
    std::vector<std::string> warnings;  // what each call of another function costs or hides
};

// If a function ends in a tail call, it returns where the called function does: that function's returns are
// exits too, and so on as long as these functions are in the same file. A tail call that only releases memory
// is an exit itself. `value`: whether the result is read. Errors (kNoTarget): an unknown way out, with its
// address.
Result<NativeExits> native_exits(const ElfFile& elf, const FunctionCode& function, ReturnValue value);

}  // namespace flowtap

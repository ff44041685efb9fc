// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/native/native_binary.h"
#include "process/process_facts.h"
#include "profile/profile.h"

namespace flowtap {

// A function of a point in one of the binaries.
struct NativeFunction {
    const NativeBinary* binary = nullptr;
    std::uint64_t address = 0;  // as linked
    std::string name;           // demangled
};

inline constexpr std::size_t kMaxFunctionsOfPoint = 256;

// The names in the profile that match no loaded file, "a, b": one of them may be loaded later.
std::string files_to_come(const Profile& profile, const std::vector<NativeBinary>& binaries);

// The functions that a point's `function` means: a symbol, a pattern with '*', or file+0xOFFSET. Empty if
// there are none now, but a file of the profile that may have them is not loaded yet; `missing` then says
// which files were searched. Errors (kUsage): none now or later, several if only one is allowed, too many.
Result<std::vector<NativeFunction>> find_point_functions(const Point& point, const Profile& profile,
                                                         const std::vector<NativeBinary>& binaries,
                                                         std::string& missing);

}  // namespace flowtap

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

// A function that a point means, in one of the binaries.
struct NativeFunction {
    const NativeBinary* binary = nullptr;
    std::uint64_t address = 0;  // as linked
    std::string name;           // demangled
};

inline constexpr std::size_t kMaxFunctionsOfPoint = 256;

// The names of the profile that no loaded file has, "a, b": one of them may be loaded later.
std::string files_to_come(const Profile& profile, const std::vector<NativeBinary>& binaries);

// The functions that a point's `function` means: a symbol, a pattern with '*', or file+0xOFFSET. Empty where
// there is none now, but a file of the profile that may have it is not loaded yet; `missing` then says what
// was looked at. Errors (kUsage): none and none to come, several where one is meant, too many.
Result<std::vector<NativeFunction>> find_point_functions(const Point& point, const Profile& profile,
                                                         const std::vector<NativeBinary>& binaries,
                                                         std::string& missing);

}  // namespace flowtap

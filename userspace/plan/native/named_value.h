// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "dwarf/debug_info.h"
#include "plan/access_path.h"
#include "plan/plan.h"
#include "profile/profile.h"

namespace flowtap {

struct NamedValue {
    AccessPath path;
    std::string text;  // "this->id_ (std::string)"
    EnumNames names;   // of an enumeration
};

// A value by the names of the debug information, at the entry of the function at this address (as linked).
// Errors (kUsage): no debug information (null), or what of the path it does not know.
Result<NamedValue> find_named_value(const DebugInfo* debug, std::uint64_t address, const NativePath& path,
                                    DebugUse use = DebugUse::kId);

}  // namespace flowtap

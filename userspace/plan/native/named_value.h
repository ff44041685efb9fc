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
    EnumNames names;   // if it is an enumeration
};

// Finds a value by names in the debug information, at the entry of the function at this link-time address.
// Errors (kUsage): no debug information (null), or an unknown part of the path.
Result<NamedValue> find_named_value(const DebugInfo* debug, std::uint64_t address, const NativePath& path,
                                    DebugUse use = DebugUse::kId);

}  // namespace flowtap

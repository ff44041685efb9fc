// SPDX-License-Identifier: Apache-2.0
// Reads profiles from YAML (probes/README.md describes the form). Strict, because an unknown key that is
// ignored would be a point that silently observes nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "yaml/load_errors.h"

namespace flowtap {

// Bounds on the contents of a file. Hand-written profiles stay far below them.
struct ProfileLimits {
    static constexpr std::size_t kFileBytes = FileLimits::kFileBytes;
    static constexpr std::size_t kPoints = 256;
    static constexpr std::size_t kCallers = 64;  // of one point
    static constexpr std::size_t kLimits = 8;    // of one point
    static constexpr std::size_t kTargets = 64;  // modules or binaries of one profile
    static constexpr std::size_t kMadeUpNames = 16;
    static constexpr std::size_t kErrors = FileLimits::kErrors;
};

// Messages are of the form "load profile FILE:LINE: point "x": ...".
using ProfileErrors = LoadErrors;

using LoadedProfile = std::variant<Profile, ProfileErrors>;

// `path` must be a regular file (or a symbolic link to one) of at most kFileBytes.
[[nodiscard]] LoadedProfile load_profile(const std::string& path);

// The same from memory. `source` is used as the file's name in messages and in Profile::source.
[[nodiscard]] LoadedProfile parse_profile(std::string_view text, const std::string& source);

}  // namespace flowtap

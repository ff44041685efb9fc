// SPDX-License-Identifier: Apache-2.0
// The supported CPython minor versions. Nothing else defines them; scripts/python.sh reads them here.
#pragma once

#include <string>

namespace flowtap {

inline constexpr unsigned kOldestPythonMinor = 11;
inline constexpr unsigned kNewestPythonMinor = 15;

// "CPython 3.11 to 3.15".
inline std::string supported_pythons() {
    return "CPython 3." + std::to_string(kOldestPythonMinor) + " to 3." + std::to_string(kNewestPythonMinor);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// The CPython minor versions that are known: the one place that says so. scripts/python.sh reads it here.
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "python/interpreter.h"
#include "python/versions/python_version.h"

namespace flowtap {

// Errors, all kNoTarget: older or newer than what is known, or a pre-release, each named with what would do.
Result<const PythonVersion*> known_version(const PythonRelease& release);

}  // namespace flowtap

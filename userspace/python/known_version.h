// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "python/interpreter.h"
#include "python/versions/python_version.h"

namespace flowtap {

// Errors, all kNoTarget: older or newer than the supported versions, or a pre-release; each says which
// versions are supported.
Result<const PythonVersion*> known_version(const PythonRelease& release);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "python/versions/python_version.h"

namespace flowtap {

extern const PythonVersion kPython3_11;
extern const PythonVersion kPython3_12;
extern const PythonVersion kPython3_13;
extern const PythonVersion kPython3_14;
extern const PythonVersion kPython3_15;

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "profile/profile.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Why a module is missing, for people: it is not imported yet; or its package has no such file, so it will
// probably never be: then suggests similar names.
std::string why_not_imported(const CodeLookup& lookup, pid_t pid, const std::string& module);

// Whether the first part of the name is bound to a lazy import (CPython 3.15): its module is imported at the
// first use of the name.
bool waits_for_lazy_import(const CodeLookup& lookup, const PythonFunction& named);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "profile/profile.h"
#include "python/code_lookup.h"

namespace flowtap {

// Of a module that a process has not imported, for people: that it is not imported yet; or that it will
// hardly ever be, because the package that it would be in has no such file: then what it may be meant to be.
std::string why_not_imported(const CodeLookup& lookup, pid_t pid, const std::string& module);

// Whether the first part of the name is bound to an object that a lazy import left in its place
// (CPython 3.15): the module that has it is imported at the first use of the name.
bool waits_for_lazy_import(const CodeLookup& lookup, const PythonFunction& named);

}  // namespace flowtap

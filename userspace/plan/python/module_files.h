// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "python/code_lookup.h"

namespace flowtap {

// Of a module that a process has not imported, for people: that it is not imported yet; or that it will
// hardly ever be, because the package that it would be in has no such file: then what it may be meant to be.
std::string why_not_imported(const CodeLookup& lookup, pid_t pid, const std::string& module);

}  // namespace flowtap

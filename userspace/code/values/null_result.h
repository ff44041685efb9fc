// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "code/code_source.h"
#include "code/function/function_code.h"
#include "sites/site.h"

namespace flowtap {

// By address. Each is crossed only where a pointer was NULL, or by ways that do not come from its test; every
// way on which it was crosses exactly one. Emulated where the NULL way has such an instruction to itself.
using NullSites = std::map<uint64_t, Site>;

// Whether a call (or jump), to which the pointer is the third argument, takes over the test.
using IsChecker = std::function<bool(const Instruction& call)>;

// Where a function finds out that a pointer is NULL: on all its ways from an instruction on, at which
// `holders` are the registers with the pointer. None where a way returns it untested, loses it, or where no
// instruction is a NULL way's own.
std::optional<NullSites> find_null_sites(const CodeSource& source, const FunctionCode& function,
                                         uint64_t from, RegisterSet holders, const IsChecker& is_checker);

}  // namespace flowtap

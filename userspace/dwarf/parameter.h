// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "dwarf/calling_convention.h"
#include "dwarf/die.h"

namespace flowtap {

struct Parameter {
    Dwarf_Die die;
    ParameterPlace place;  // when the function at `address` is entered
};

// Finds a parameter by its name. The location at the first instruction is used if it names registers or the
// caller's stack, because compilers drop and reorder the parameters of functions of which they see all
// callers. Unoptimised code only says where it will store parameters; then the ABI decides. Errors: no such
// parameter (the cause lists those there are), or its place is not known.
Result<Parameter> find_parameter(Dwarf_Die function, std::uint64_t address, const std::string& name,
                                 DieBudget& budget);

}  // namespace flowtap

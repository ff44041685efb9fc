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

// By its name. What the debug information says for the first instruction is believed where it names registers
// or the caller's stack: compilers drop and reorder the parameters of functions they see all callers of.
// Unoptimised code says only where it will store them: then the ABI tells. Errors: no such parameter (the
// cause lists those there are), or its place is not known.
Result<Parameter> find_parameter(Dwarf_Die function, std::uint64_t address, const std::string& name,
                                 DieBudget& budget);

}  // namespace flowtap

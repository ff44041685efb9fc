// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dwarf/die.h"

namespace flowtap {

// The function that starts at this address.
std::optional<Dwarf_Die> find_function_die(Dwarf* dwarf, std::uint64_t address, DieBudget& budget);

// Whether the unit's entries are in another file (.dwo), of which only a skeleton is here.
bool has_split_units(Dwarf* dwarf);

// The names of what a type is declared in, outermost first: "std::__cxx11". Within its own unit.
std::string scope_of(Dwarf_Die& type, DieBudget& budget);

// Where a record is only declared, its definition in whichever unit has one; else the record itself.
std::optional<Dwarf_Die> definition_of(Dwarf* dwarf, Dwarf_Die record, DieBudget& budget);

}  // namespace flowtap

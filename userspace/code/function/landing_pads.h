// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "code/code_source.h"

namespace flowtap {

// The landing pads that the language-specific data area at `lsda` (.gcc_except_table) lists for the function
// piece `piece`; those read before a malformed entry.
std::vector<uint64_t> read_landing_pads(const CodeSource& source, uint64_t lsda, AddressRange piece);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "code/code_source.h"
#include "sites/site.h"

namespace flowtap {

// Where a function returns, by address: its own return sites, and those of the functions that it goes on to
// in tail calls, of which one may follow another. The stack pointer is the same at all of them, and tells
// these returns from those of other calls. None where one of them cannot be seen.
std::optional<std::vector<Site>> all_returns(const CodeSource& source, std::uint64_t function);

}  // namespace flowtap

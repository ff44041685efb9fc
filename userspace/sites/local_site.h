// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "code/code_source.h"
#include "sites/site.h"

namespace flowtap {

struct LocalSite {
    Site site;
    Register holder;  // of the value
};

// The first emulated instruction in the straight run from an address on, with a value still in one of the
// registers that hold it at first. Only that run is examined: other paths may lead to the site, so the caller
// must be able to tell the hits apart. For functions too irregular to trace, such as the interpreter's loop.
std::optional<LocalSite> site_from(const CodeSource& source, std::uint64_t address, RegisterSet holders);

// The same after one direct call, for what it returned.
std::optional<LocalSite> site_after_call(const CodeSource& source, std::uint64_t call);

}  // namespace flowtap

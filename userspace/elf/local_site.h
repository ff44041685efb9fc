// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "elf/code_source.h"
#include "elf/site.h"

namespace flowtap {

struct LocalSite {
    Site site;
    Register result;  // holds what the call returned
};

// The first emulated instruction in the straight run after one call, with the call's result in a register. Looks at
// that run alone: other ways may lead to the site, so whoever uses it must be able to tell. For functions too
// irregular to trace, such as the interpreter's loop.
std::optional<LocalSite> site_after_call(const CodeSource& source, std::uint64_t call);

}  // namespace flowtap

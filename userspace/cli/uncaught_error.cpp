// SPDX-License-Identifier: Apache-2.0
#include "cli/uncaught_error.h"

#include <new>

#include "base/memory_limit.h"

namespace flowtap {

Error uncaught_error(const std::string& command, const std::exception& caught) {
    if (dynamic_cast<const std::bad_alloc*>(&caught) != nullptr)
        return {"run", command, "not enough memory", kAllowMemory};
    return {"run", command, caught.what(), "this is a mistake in flowtap: please report it"};
}

}  // namespace flowtap

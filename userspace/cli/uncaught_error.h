// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

#include "base/result.h"

namespace flowtap {

// What to say of an exception that ended a command. Modules return their errors: what remains is memory that
// ran out, or a mistake in flowtap.
Error uncaught_error(const std::string& command, const std::exception& caught);

}  // namespace flowtap

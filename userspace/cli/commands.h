// SPDX-License-Identifier: Apache-2.0
// One function per command. Each writes what it has to say to the streams it is given and returns what went
// wrong; only main turns that into an exit status.
#pragma once

#include <iosfwd>

#include "cli/arguments.h"
#include "result.h"

namespace flowtap {

// Until SIGTERM or SIGINT. Progress goes to log, one line each.
Result<void> run_command(const RunArguments& arguments, std::ostream& log);

Result<void> plan_command(const PlanOptions& options, std::ostream& out);

// Errors: kEnvironment when something that is needed is missing; the list is written all the same.
Result<void> check_command(const CheckOptions& options, std::ostream& out);

}  // namespace flowtap

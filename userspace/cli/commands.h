// SPDX-License-Identifier: Apache-2.0
// One function per command. Each writes its output to the streams it is given and returns an error; only main
// turns that into an exit status.
#pragma once

#include <iosfwd>

#include "base/result.h"
#include "settings/arguments.h"

namespace flowtap {

class LogSink;

// Runs until SIGTERM or SIGINT. Progress goes to log, one line each.
Result<void> run_command(const RunArguments& arguments, LogSink& log);

Result<void> plan_command(const PlanOptions& options, std::ostream& out);

// Progress goes to log, one line each. Errors also: kFailed if the file cannot be written.
Result<void> trace_command(const TraceOptions& options, LogSink& log);

// Frames go to out, or to the screen if standard output is a terminal. Progress goes to log.
Result<void> top_command(const TopOptions& options, LogSink& log);

// Errors: kEnvironment if a requirement is missing. The list is written in any case.
Result<void> check_command(const CheckOptions& options, std::ostream& out);

}  // namespace flowtap

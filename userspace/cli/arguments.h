// SPDX-License-Identifier: Apache-2.0
// The command line, as values. See the contract of each command in README.md.
#pragma once

#include <sys/types.h>

#include <string>
#include <variant>
#include <vector>

#include "exporter/listen_address.h"
#include "result.h"

namespace flowtap {

struct RunOptions {
    std::vector<pid_t> pids;
    std::vector<std::string> matches;  // regular expressions over the command line
    bool all = false;
    std::vector<std::string> profiles;  // files
    ListenAddress listen;
    bool check_only = false;  // validate, attach nothing
};

struct PlanOptions {
    pid_t pid = 0;
    std::vector<std::string> profiles;
    bool json = false;
};

struct CheckOptions {
    bool json = false;
};

// --help, --version: text for standard output.
struct ShowText {
    std::string text;
};

using Command = std::variant<RunOptions, PlanOptions, CheckOptions, ShowText>;

// Errors: kUsage, for the command line or the config file it names (all of that file's errors in one).
Result<Command> parse_arguments(int argc, const char* const* argv);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// The command line, as values. See the contract of each command in README.md.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace flowtap {

// Of `flowtap run`: as they were written, since a config file may stand under them; load_settings() reads
// them.
struct RunArguments {
    std::map<std::string, std::vector<std::string>> given;  // by the names of run_option_table()
    std::string config;                                     // a file; empty: none
    bool check_only = false;                                // validate, attach nothing
};

struct PlanOptions {
    pid_t pid = 0;
    std::vector<std::string> profiles;
    Preference preference = Preference::kCheap;
    bool attach_on_use = false;
    bool no_running_seconds = false;
    std::optional<std::chrono::milliseconds> measure;  // attach for that long and count hits
    bool json = false;
    bool sites = false;  // also addresses and instructions
};

struct CheckOptions {
    bool json = false;
};

struct TraceOptions {
    pid_t pid = 0;
    std::vector<std::string> profiles;
    std::optional<std::chrono::milliseconds> duration;  // none: until it is told to stop
    std::string output;                                 // a file
};

// Of `flowtap top`: either a daemon's URL or, as for `flowtap run`, what is to be watched.
struct TopOptions {
    RunArguments watched;
    std::string url;      // empty: none
    std::string ca_file;  // for https; empty: whom this machine trusts
    std::chrono::milliseconds interval{1000};
    std::optional<std::uint64_t> count;  // frames, as plain lines; none: until it is told to stop
};

// --help, --version: text for standard output.
struct ShowText {
    std::string text;
};

using Command = std::variant<RunArguments, PlanOptions, CheckOptions, TraceOptions, TopOptions, ShowText>;

// Errors: kUsage.
Result<Command> parse_arguments(int argc, const char* const* argv);

}  // namespace flowtap

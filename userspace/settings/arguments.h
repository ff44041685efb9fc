// SPDX-License-Identifier: Apache-2.0
// The parsed command line. README.md describes each command.
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
#include "plan/wishes.h"

namespace flowtap {

// Options of `flowtap run`, unparsed: load_settings() merges them with the config file.
struct RunArguments {
    std::map<std::string, std::vector<std::string>> given;  // by name in run_option_table()
    std::string config;                                     // a file; empty: none
    bool check_only = false;                                // validate, attach nothing
};

struct PlanOptions {
    pid_t pid = 0;
    std::vector<std::string> profiles;
    Preference preference = Preference::kCheap;
    bool attach_on_use = false;
    bool no_running_seconds = false;
    std::optional<std::chrono::milliseconds> measure;  // attach for this long and count hits
    bool json = false;
    bool sites = false;  // print addresses and instructions
};

struct CheckOptions {
    bool json = false;
};

struct TraceOptions {
    pid_t pid = 0;
    std::vector<std::string> profiles;
    std::optional<std::chrono::milliseconds> duration;  // nullopt: until interrupted
    std::string output;                                 // a file
};

// Options of `flowtap top`: either the URL of a daemon, or targets as for `flowtap run`.
struct TopOptions {
    RunArguments watched;
    std::string url;      // empty: not given
    std::string ca_file;  // for https; empty: this machine's CA certificates
    std::chrono::milliseconds interval{1000};
    std::optional<std::uint64_t> count;  // number of plain-text frames; nullopt: until interrupted
};

// For --help and --version: text for standard output.
struct ShowText {
    std::string text;
};

using Command = std::variant<RunArguments, PlanOptions, CheckOptions, TraceOptions, TopOptions, ShowText>;

// Errors: kUsage.
Result<Command> parse_arguments(int argc, const char* const* argv);

}  // namespace flowtap

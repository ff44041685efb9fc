// SPDX-License-Identifier: Apache-2.0
// The options of `flowtap run`, each described once. The command line, the config file and a reload all use
// this table, so a new option is one member of RunOptions and one row here.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "settings/run_options.h"

namespace flowtap {

enum class OptionForm {
    kFlag,   // "--all"; in the file "all: true" or "all: false"
    kValue,  // once
    kList,   // any number of times; in the file one value or a list
};

// Members are in reading order; padding does not matter here.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct RunOption {
    const char* name;  // the long option without its dashes, and the key in the config file
    OptionForm form;
    const char* help;
    // Reads one value: appends it to a list, or sets the option (a flag to "true" or "false"). Callers use
    // only the cause and remedy of an error.
    Result<void> (*read)(RunOptions& options, const std::string& text);
    bool (*same)(const RunOptions& left, const RunOptions& right);
    bool names_file = false;   // in the config file, relative to its directory
    bool also_of_top = false;  // `flowtap top` has this option too
    bool fixed = false;        // a reload cannot change it
};

std::span<const RunOption> run_option_table();

// nullptr: there is no option of this name.
const RunOption* find_run_option(std::string_view name);

}  // namespace flowtap

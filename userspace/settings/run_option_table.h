// SPDX-License-Identifier: Apache-2.0
// The options of `flowtap run`, each described once: the command line, the config file and a reload all
// follow this table, so that a new option is one member of RunOptions and one row here.
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

// In the order in which one reads a row, whatever that costs in padding.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct RunOption {
    const char* name;  // the long option without its dashes, and the key in the config file
    OptionForm form;
    const char* help;
    // Takes one value: adds it to a list, sets anything else (a flag to "true" or "false"). Of an error only
    // cause and remedy count.
    Result<void> (*read)(RunOptions& options, const std::string& text);
    bool (*same)(const RunOptions& left, const RunOptions& right);
    bool names_file = false;   // in the config file: relative to that file's directory
    bool also_of_top = false;  // flowtap top has it too: it says what is watched, and how
    bool fixed = false;        // at the start; a reload cannot change it
};

std::span<const RunOption> run_option_table();

// Null where there is none of this name.
const RunOption* find_run_option(std::string_view name);

}  // namespace flowtap

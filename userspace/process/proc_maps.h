// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "process/process_facts.h"

namespace flowtap {

// One line of /proc/PID/maps (proc_pid_maps(5)); nullopt where it has another form.
std::optional<Mapping> parse_mapping(std::string_view line);

// Every mapping with a file behind it; anonymous memory, [heap], [vdso] and their like are left out.
std::vector<Mapping> parse_file_mappings(std::string_view maps);

}  // namespace flowtap

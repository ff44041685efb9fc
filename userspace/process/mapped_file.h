// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "process/process_facts.h"

namespace flowtap {

// A path at which this process can open the file behind a mapping, whatever mount namespace the target
// lives in: /proc/PID/map_files/START-END, which is that file even where it was deleted or replaced. Where
// that may not be opened (it takes CAP_CHECKPOINT_RESTORE), /proc/PID/exe or /proc/PID/root + path, but only
// if that is the very file; else map_files again, whose error then tells why.
std::string mapped_file_path(const ProcessFacts& facts, const Mapping& mapping,
                             const std::string& proc_root = "/proc");

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// Options of `flowtap run` for the sizes of BPF maps.
#pragma once

#include <string>

#include "attach/kernel/bpf_object.h"
#include "base/result.h"
#include "settings/run_options.h"

namespace flowtap {

// Readers for run_option_table.cpp.
Result<void> read_events_buffer(RunOptions& options, const std::string& text);
Result<void> read_max_open_executions(RunOptions& options, const std::string& text);

BpfObject::Options kernel_sizes(const RunOptions& options);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "attach/kernel/kernel.h"
#include "base/result.h"

namespace flowtap {

// All targets share the kernel's tables, so each may use at most an eighth of a table: the classes, libraries
// or markers of one process must not keep flowtap from attaching to others.
std::size_t most_entries_of_process(Kernel::Table table);

// The error for a process that got no entry in a table: its share is used up, or put() returned that errno
// value.
Error share_used_up(Kernel::Table table, pid_t pid);
Error table_error(Kernel::Table table, pid_t pid, int error);

// The errors for a process or a probe beyond what all targets together may have.
Error too_many_targets(pid_t pid, std::size_t most);
Error too_many_sites(const std::string& probe, std::size_t most);

// Whether the error is one for a used-up share.
bool is_share_used_up(const Error& error);
bool is_maximum(const Error& error);
bool is_table_full(const Error& error);

}  // namespace flowtap

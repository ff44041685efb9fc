// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "attach/kernel/kernel.h"
#include "base/result.h"

namespace flowtap {

// All targets share the kernel's tables, so that none may have more of one than an eighth: what one process
// does, by its classes, its libraries or its markers, must not keep others from being attached to.
std::size_t most_entries_of_process(Kernel::Table table);

// Why a process got no entry in a table: the process has its share, or put() returned that errno value.
Error share_used_up(Kernel::Table table, pid_t pid);
Error table_error(Kernel::Table table, pid_t pid, int error);

// Which of these an error is.
bool is_share_used_up(const Error& error);
bool is_table_full(const Error& error);

}  // namespace flowtap

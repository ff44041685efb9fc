// SPDX-License-Identifier: Apache-2.0
// Hardware watches: debug registers that tell of accesses to a process's memory. Nothing is written
// into the process; closing the descriptors, or dying, takes them away.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "privilege/give_up.h"

namespace flowtap {

// Why the kernel sets none; empty: it does. Whether they also fire is another question: in some virtual
// machines they do not (userspace/selftest).
std::string lack_of_watches();

// What it takes here, tried by threads that go without.
WatchPrivilege privilege_of_watches();

enum class WatchFor : std::uint8_t {
    kAccesses,  // to one byte
    kWrites,    // to eight bytes, aligned
};

// Runs a BPF program (BPF_PROG_TYPE_PERF_EVENT) at each access from user code, in every thread there is and
// in those that they start, but not in processes that they fork. Errors: kNoTarget when the process went
// away; else what the kernel refused, with the remedy: a thread has four, which a debugger may be using.
Result<std::vector<Fd>> watch_memory(pid_t pid, std::uint64_t address, WatchFor wanted, int program);

}  // namespace flowtap

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

namespace flowtap {

// Why no process here can be watched so; empty: it can be. Some virtual machines have no debug registers.
std::string lack_of_watches();

// Whether CAP_PERFMON is asked for here to have any: some systems do (kernel.perf_event_paranoid of 3, which
// is Debian's and Android's own), others are content with what reading a process's memory takes.
bool watches_need_perfmon();

enum class WatchFor : std::uint8_t {
    kAccesses,  // to one byte
    kWrites,    // to eight bytes, aligned
};

// Runs a BPF program (BPF_PROG_TYPE_PERF_EVENT) at each access from user code, in every thread there is and
// in those that they start, but not in processes that they fork. Errors: kNoTarget when the process went
// away; else what the kernel refused, with the remedy: a thread has four, which a debugger may be using.
Result<std::vector<Fd>> watch_memory(pid_t pid, std::uint64_t address, WatchFor wanted, int program);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// Hardware watches: debug registers that report accesses to a process's memory. Nothing is written into the
// process. The watches are removed when their descriptors are closed or the daemon dies.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "privilege/give_up.h"

namespace flowtap {

// Why the kernel sets no watches; empty: it does. Whether they also fire is a different question: on some
// virtual machines they do not (userspace/selftest).
std::string lack_of_watches();

// The privilege that watches require on this machine. Tried by threads that have dropped it.
WatchPrivilege privilege_of_watches();

enum class WatchFor : std::uint8_t {
    kAccesses,  // to one byte
    kWrites,    // to eight bytes, aligned
};

// Runs a BPF program (BPF_PROG_TYPE_PERF_EVENT) at each access from user code, in all existing threads and
// those that they start, but not in forked processes. Errors: kNoTarget if the process is gone; otherwise the
// kernel's reason and the remedy: a thread has four debug registers, which a debugger may be using.
Result<std::vector<Fd>> watch_memory(pid_t pid, std::uint64_t address, WatchFor wanted, int program);

// The same, by these functions: the threads of the process, none if they cannot be read; and the watch of
// one, false with errno if there is none.
struct ThreadWatches {
    std::function<std::set<pid_t>(std::error_code&)> threads;
    std::function<bool(pid_t thread, std::vector<Fd>& events)> watch;
};
Result<std::vector<Fd>> watch_threads(pid_t pid, const ThreadWatches& watches);

}  // namespace flowtap

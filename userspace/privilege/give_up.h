// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace flowtap {

// The privilege that the kernel requires to set a hardware watch in a process whose memory may be read.
enum class WatchPrivilege : std::uint8_t {
    kNone,
    kPerfmon,
    kSysAdmin,  // Debian's and Ubuntu's kernels, at their default kernel.perf_event_paranoid (3 and 4)
};

// What attaching requires once the BPF programs are loaded, in addition to reading targets.
struct LaterNeeds {
    bool tables = true;       // CAP_BPF
    bool perf_events = true;  // CAP_PERFMON, and CAP_SYS_ADMIN if it is held
    WatchPrivilege watches = WatchPrivilege::kNone;
};

struct PrivilegesLeft {
    // "CAP_PERFMON (probes ...), CAP_SYS_PTRACE (...)", or "none".
    std::string kept;
    // What is not observed because a capability was never held, a line each.
    std::vector<std::string> lacking;
};

// Permanently drops all capabilities that are not needed, from every set, and sets no_new_privs. Applies to
// the calling thread and those that it starts later; threads that already run keep their capabilities.
// CAP_SYS_ADMIN is kept if it includes a needed capability that is not held by itself.
Result<PrivilegesLeft> give_up_privileges(const LaterNeeds& needs);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace flowtap {

// What the kernel asks for to set a hardware watch in a process whose memory may be read.
enum class WatchPrivilege : std::uint8_t {
    kNone,
    kPerfmon,
    kSysAdmin,  // Debian's and Ubuntu's kernels, at their own kernel.perf_event_paranoid of 3 and 4
};

// What attaching takes once the BPF programs are loaded, beside reading targets.
struct LaterNeeds {
    bool tables = true;       // CAP_BPF
    bool perf_events = true;  // CAP_PERFMON, and CAP_SYS_ADMIN where it is held
    WatchPrivilege watches = WatchPrivilege::kNone;
};

struct PrivilegesLeft {
    std::string kept;                  // "CAP_PERFMON (probes ...), CAP_SYS_PTRACE (...)", or "none"
    std::vector<std::string> lacking;  // what is not observed for want of one it never had, a line each
};

// Gives up what none of kCapabilities asks for, in every set, and with no_new_privs every way to get it back.
// Of this thread and those that it starts from now on: a thread that runs already keeps what it has.
// CAP_SYS_ADMIN also stays where it stands for one of them that is not held itself.
Result<PrivilegesLeft> give_up_privileges(const LaterNeeds& needs);

}  // namespace flowtap

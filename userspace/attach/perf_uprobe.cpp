// SPDX-License-Identifier: Apache-2.0
#include "attach/perf_uprobe.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <fstream>

#include "base/fd.h"

namespace flowtap {

// A directory takes no probe, which the kernel says only after it has looked at the privileges.
bool may_attach_perf_uprobes() {
    perf_event_attr attributes = {};
    std::ifstream("/sys/bus/event_source/devices/uprobe/type") >> attributes.type;
    attributes.size = sizeof(attributes);
    constexpr const char* kDirectory = "/";
    attributes.config1 = std::bit_cast<std::uint64_t>(kDirectory);
    constexpr int kThisThread = 0;
    constexpr int kAnyCpu = -1;
    constexpr int kNoGroup = -1;
    const Fd event(static_cast<int>(
        ::syscall(SYS_perf_event_open, &attributes, kThisThread, kAnyCpu, kNoGroup, PERF_FLAG_FD_CLOEXEC)));
    return event || (errno != EACCES && errno != EPERM);
}

}  // namespace flowtap

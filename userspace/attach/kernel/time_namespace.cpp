// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/time_namespace.h"

#include <fstream>

namespace flowtap {

// kernel/time/namespace.c, proc_timens_show_offsets(): "monotonic  100000  0". Kernels without time
// namespaces have no such file.
Result<void> check_time_namespace(const std::string& proc_root) {
    std::ifstream offsets(proc_root + "/self/timens_offsets");
    std::string clock;
    long long seconds = 0;
    long long nanoseconds = 0;
    while (offsets >> clock >> seconds >> nanoseconds) {
        if (seconds == 0 && nanoseconds == 0) continue;
        return Error{"compare the kernel's times with", "this process's clocks",
                     "flowtap runs in a time namespace that shifts the " + clock + " clock",
                     "start flowtap outside that namespace, without unshare --time",
                     Error::Kind::kEnvironment};
    }
    return {};
}

}  // namespace flowtap

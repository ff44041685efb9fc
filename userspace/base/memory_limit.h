// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// The remedy for want of memory.
inline constexpr const char* kAllowMemory =
    "allow more memory (MemoryMax= in a systemd unit, limits.memory in a pod), or less of it by "
    "--events-buffer and --max-open-executions";

}  // namespace flowtap

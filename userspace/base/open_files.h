// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// The remedy for want of descriptors. flowtap raises its soft limit to the hard one itself.
inline constexpr const char* kRaiseOpenFiles =
    "raise the hard limit of open files: LimitNOFILE= in a systemd unit, ulimit -Hn in a shell";

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// The remedy where this process cannot open another file descriptor.
inline constexpr const char* kRaiseOpenFiles =
    "raise the limit on open files: ulimit -Hn, LimitNOFILE= of a systemd unit";

}  // namespace flowtap

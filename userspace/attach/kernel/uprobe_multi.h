// SPDX-License-Identifier: Apache-2.0
// Many uprobes as one link (Linux 6.6, include/uapi/linux/bpf.h: link_create.uprobe_multi). It is attached
// and closed with one wait for the kernel's grace period, where a perf event per probe waits for each. Asked
// by the system call itself: bookworm's libbpf (1.1) has no function for it. Kernels before 6.10 filter by
// thread, and would miss all other threads of a target: the self-test tells them by what it sees fire.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/fd.h"

namespace flowtap {

inline constexpr int kTraceUprobeMulti = 48;  // enum bpf_attach_type: programs must be loaded with it

// The program at these offsets of the file, in one process; semaphores are as many, of the counters beside
// them that the kernel counts up (include/linux/uprobes.h: ref_ctr_offset), 0 for none; and cookies, which
// the program gets from bpf_get_attach_cookie(), or there are none. Where it fails, no descriptor, and errno
// says why.
Fd link_uprobes(int program, const std::string& file, std::span<const std::uint64_t> offsets,
                std::span<const std::uint64_t> semaphores, pid_t pid,
                std::span<const std::uint64_t> cookies = {});

}  // namespace flowtap

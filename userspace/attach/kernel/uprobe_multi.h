// SPDX-License-Identifier: Apache-2.0
// Many uprobes as one link (Linux 6.6, include/uapi/linux/bpf.h: link_create.uprobe_multi). Attaching and
// closing it waits once for the kernel's grace period; perf events wait once per probe. Uses the system call
// directly: bookworm's libbpf (1.1) has no function for it. Kernels before 6.10 filter by thread and would
// miss all other threads of a target: the self-test detects them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/fd.h"

namespace flowtap {

inline constexpr int kTraceUprobeMulti = 48;  // enum bpf_attach_type: programs must be loaded with it

// Attaches the program at these offsets of the file, in one process. semaphores: for each offset, the file
// offset of the counter that the kernel increments (include/linux/uprobes.h: ref_ctr_offset), or 0. cookies:
// what bpf_get_attach_cookie() returns at each offset; may be empty. On failure, returns no descriptor and
// sets errno.
Fd link_uprobes(int program, const std::string& file, std::span<const std::uint64_t> offsets,
                std::span<const std::uint64_t> semaphores, pid_t pid,
                std::span<const std::uint64_t> cookies = {});

}  // namespace flowtap

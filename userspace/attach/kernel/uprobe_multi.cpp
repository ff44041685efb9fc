// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/uprobe_multi.h"

#include <linux/bpf.h>
#include <sys/syscall.h>

#include <bit>
#include <cstddef>

namespace flowtap {
namespace {

// union bpf_attr as BPF_LINK_CREATE reads it; unused fields are zero.
struct LinkCreate {
    std::uint32_t program = 0;
    std::uint32_t target = 0;
    std::uint32_t attach_type = kTraceUprobeMulti;
    std::uint32_t flags = 0;
    std::uint64_t path = 0;
    std::uint64_t offsets = 0;
    std::uint64_t reference_counters = 0;
    std::uint64_t cookies = 0;
    std::uint32_t count = 0;
    std::uint32_t multi_flags = 0;
    std::uint32_t pid = 0;
    std::uint32_t unused = 0;
};
static_assert(sizeof(LinkCreate) == 64 && offsetof(LinkCreate, path) == 16 &&
              offsetof(LinkCreate, pid) == 56);

}  // namespace

Fd link_uprobes(int program, const std::string& file, std::span<const std::uint64_t> offsets,
                std::span<const std::uint64_t> semaphores, pid_t pid,
                std::span<const std::uint64_t> cookies) {
    LinkCreate create;
    create.program = static_cast<std::uint32_t>(program);
    create.path = std::bit_cast<std::uint64_t>(file.c_str());
    create.offsets = std::bit_cast<std::uint64_t>(offsets.data());
    create.reference_counters = std::bit_cast<std::uint64_t>(semaphores.data());
    if (!cookies.empty()) create.cookies = std::bit_cast<std::uint64_t>(cookies.data());
    create.count = static_cast<std::uint32_t>(offsets.size());
    create.pid = static_cast<std::uint32_t>(pid);
    return Fd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create))));
}

}  // namespace flowtap

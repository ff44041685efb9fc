// SPDX-License-Identifier: Apache-2.0
#include "attach/uprobe_multi.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include <array>
#include <bit>
#include <cerrno>

namespace flowtap {
namespace {

// union bpf_attr as BPF_LINK_CREATE reads it, zeroes where this has nothing to say.
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

Fd load_empty_program() {
    constexpr std::array<bpf_insn, 2> kReturnZero = {{
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    }};
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = static_cast<bpf_attach_type>(kTraceUprobeMulti);
    return Fd(bpf_prog_load(BPF_PROG_TYPE_KPROBE, nullptr, "Dual BSD/GPL", kReturnZero.data(),
                            kReturnZero.size(), &options));
}

}  // namespace

bool kernel_links_many_uprobes() {
    const Fd program = load_empty_program();
    if (!program) return false;
    constexpr std::array<std::uint64_t, 1> kOffset = {1};
    constexpr std::array<std::uint64_t, 1> kNoSemaphore = {0};
    const auto refused_with = [&](int error, pid_t pid) {
        return !link_uprobes(program.get(), "/", kOffset, kNoSemaphore, pid) && errno == error;
    };
    // A directory is refused only after everything else was understood. That no process has the number -1 is
    // said with EINVAL since the filter is by process, and with ESRCH, or not at all, before.
    return refused_with(EBADF, 0) && refused_with(EINVAL, -1);
}

Fd link_uprobes(int program, const std::string& file, std::span<const std::uint64_t> offsets,
                std::span<const std::uint64_t> semaphores, pid_t pid) {
    LinkCreate create;
    create.program = static_cast<std::uint32_t>(program);
    create.path = std::bit_cast<std::uint64_t>(file.c_str());
    create.offsets = std::bit_cast<std::uint64_t>(offsets.data());
    create.reference_counters = std::bit_cast<std::uint64_t>(semaphores.data());
    create.count = static_cast<std::uint32_t>(offsets.size());
    create.pid = static_cast<std::uint32_t>(pid);
    return Fd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create))));
}

}  // namespace flowtap

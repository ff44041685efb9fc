// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/open_table.h"

#include <bpf/bpf.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace flowtap {

ErasedOpen erase_open_entry(OpenTable& table, const ft_open_key& key, std::uint64_t begin_ns) {
    table.announce(key);
    const std::optional<ft_open> seen = table.look_up(key);
    if (!seen || seen->begin_ns != begin_ns) return {};
    const std::optional<ft_open> taken = table.take(key);
    if (!taken || taken->begin_ns == begin_ns) return {taken, table.may_have_removed_another()};
    const bool is_back = table.put_back(key, *taken);
    return {is_back ? std::nullopt : taken, table.may_be_missed()};
}

// Reads the counter of begun exchanges last, after that of finished ones: if they are equal, none was
// running.
void KernelOpenTable::announce(const ft_open_key& key) {
    __atomic_store_n(words_.key, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(words_.tgid, key.tgid, __ATOMIC_SEQ_CST);
    __atomic_store_n(words_.missed, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(words_.key, key.key, __ATOMIC_SEQ_CST);
    const std::uint32_t done = __atomic_load_n(words_.exchanges_done, __ATOMIC_SEQ_CST);
    const std::uint32_t begun = __atomic_load_n(words_.exchanges_begun, __ATOMIC_SEQ_CST);
    exchanges_ = begun == done ? std::optional(begun) : std::nullopt;
    in_one_step_ = true;
}

std::optional<ft_open> KernelOpenTable::look_up(const ft_open_key& key) {
    ft_open value = {};
    return bpf_map_lookup_elem(fd_, &key, &value) == 0 ? std::optional(value) : std::nullopt;
}

std::optional<ft_open> KernelOpenTable::take(const ft_open_key& key) {
    ft_open value = {};
    if (bpf_map_lookup_and_delete_elem(fd_, &key, &value) == 0) return value;
    if (errno == ENOENT) return std::nullopt;
    // Older kernels do not support lookup_and_delete for this type of map.
    in_one_step_ = false;
    const std::optional<ft_open> seen = look_up(key);
    return seen && bpf_map_delete_elem(fd_, &key) == 0 ? seen : std::nullopt;
}

bool KernelOpenTable::put_back(const ft_open_key& key, const ft_open& value) {
    return bpf_map_update_elem(fd_, &key, &value, BPF_NOEXIST) == 0;
}

// kernel/sched/membarrier.c: the global barrier waits for an RCU grace period, and probes run within RCU.
bool KernelOpenTable::may_be_missed() {
    const bool waited = ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0;
    return !waited || __atomic_load_n(words_.missed, __ATOMIC_SEQ_CST) != 0;
}

// Only a begin with the same key replaces an entry whose execution has ended.
bool KernelOpenTable::may_have_removed_another() {
    return !in_one_step_ && exchanges_ != __atomic_load_n(words_.exchanges_begun, __ATOMIC_SEQ_CST);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/open_table.h"

#include <bpf/bpf.h>

#include <cerrno>

namespace flowtap {

std::optional<ft_open> erase_open_entry(OpenTable& table, const ft_open_key& key, std::uint64_t begin_ns) {
    const std::optional<ft_open> seen = table.look_up(key);
    if (!seen || seen->begin_ns != begin_ns) return std::nullopt;
    const std::optional<ft_open> taken = table.take(key);
    if (!taken || taken->begin_ns == begin_ns) return taken;
    return table.put_back(key, *taken) ? std::nullopt : taken;
}

std::optional<ft_open> KernelOpenTable::look_up(const ft_open_key& key) {
    ft_open value = {};
    return bpf_map_lookup_elem(fd_, &key, &value) == 0 ? std::optional(value) : std::nullopt;
}

std::optional<ft_open> KernelOpenTable::take(const ft_open_key& key) {
    ft_open value = {};
    if (bpf_map_lookup_and_delete_elem(fd_, &key, &value) == 0) return value;
    if (errno == ENOENT) return std::nullopt;
    // Older kernels do not take from this kind of table.
    const std::optional<ft_open> seen = look_up(key);
    return seen && bpf_map_delete_elem(fd_, &key) == 0 ? seen : std::nullopt;
}

bool KernelOpenTable::put_back(const ft_open_key& key, const ft_open& value) {
    return bpf_map_update_elem(fd_, &key, &value, BPF_NOEXIST) == 0;
}

}  // namespace flowtap

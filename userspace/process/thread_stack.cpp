// SPDX-License-Identifier: Apache-2.0
#include "process/thread_stack.h"

#include <algorithm>

#include "process/proc_file.h"
#include "process/proc_maps.h"

namespace flowtap {

std::optional<StackBounds> own_stack(std::string_view maps, const StackOwner& owner, std::uint64_t place) {
    while (!maps.empty()) {
        const std::size_t end = std::min(maps.find('\n'), maps.size());
        const auto mapping = parse_mapping(maps.substr(0, end));
        maps.remove_prefix(std::min(end + 1, maps.size()));
        if (!mapping || place < mapping->start || place >= mapping->end) continue;
        if (owner.first_thread && mapping->path == "[stack]")
            return StackBounds{mapping->start, mapping->end};
        if (place >= owner.thread_pointer || owner.thread_pointer >= mapping->end) return std::nullopt;
        return StackBounds{mapping->start, owner.thread_pointer};
    }
    return std::nullopt;
}

std::optional<StackBounds> own_stack_of(pid_t pid, const StackOwner& owner, std::uint64_t place,
                                        const std::string& proc_root) {
    constexpr std::size_t kMaxMapsBytes = 64 << 20;
    const ProcFile maps = read_proc_file(proc_root + "/" + std::to_string(pid) + "/maps", kMaxMapsBytes);
    return maps.error == 0 ? own_stack(maps.text, owner, place) : std::nullopt;
}

}  // namespace flowtap

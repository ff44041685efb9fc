// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flowtap {

// A thread whose stack is looked for.
struct StackOwner {
    std::uint64_t thread_pointer = 0;  // at the upper end of a stack that the C library made
    bool first_thread = false;         // whose stack the kernel made: [stack]
};

struct StackBounds {
    std::uint64_t low = 0;
    std::uint64_t high = 0;  // first address after it

    [[nodiscard]] bool hold(std::uint64_t from, std::uint64_t to) const { return low <= from && to <= high; }
};

// The stack a thread was started with, if `place` lies on it, by the contents of /proc/PID/maps. A stack of
// the C library begins with a guard page, so the mapping that holds the thread pointer holds, below it,
// nothing but that stack. None where `place` lies elsewhere, as on the stack of a fibre.
std::optional<StackBounds> own_stack(std::string_view maps, const StackOwner& owner, std::uint64_t place);

// The same for a process; none where its maps cannot be read.
std::optional<StackBounds> own_stack_of(pid_t pid, const StackOwner& owner, std::uint64_t place,
                                        const std::string& proc_root = "/proc");

}  // namespace flowtap

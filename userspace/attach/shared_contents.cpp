// SPDX-License-Identifier: Apache-2.0
#include "attach/shared_contents.h"

#include <cerrno>
#include <optional>

#include "attach/kernel/table_limits.h"

namespace flowtap {

SharedContents::SharedContents(Kernel& kernel, Kernel::Table table, std::uint32_t first, std::uint32_t end)
    : kernel_(kernel), table_(table), end_(end) {
    state_->next = first;
}

Result<SharedContents::Hold> SharedContents::hold(std::span<const std::byte> content, pid_t pid) {
    State& state = *state_;
    const std::string text(reinterpret_cast<const char*>(content.data()), content.size());
    if (const auto known = state.known.find(text); known != state.known.end()) return known->second.lock();
    const bool is_reused = state.next == end_ && !state.free.empty();
    if (state.next == end_ && !is_reused) return table_error(table_, pid, ENOSPC);
    const std::uint32_t number = is_reused ? state.free.front() : state.next;
    if (const int error = kernel_.put(table_, bytes_of(number), content))
        return table_error(table_, pid, error);
    if (is_reused)
        state.free.pop_front();
    else
        state.next++;
    const auto entry = state.known.emplace(text, Hold()).first;
    const auto give_back = [kept = state_, entry](const std::uint32_t* held) {
        kept->free.push_back(*held);
        kept->known.erase(entry);
        delete held;
    };
    Hold hold(new std::uint32_t(number), give_back);
    entry->second = hold;
    return hold;
}

}  // namespace flowtap

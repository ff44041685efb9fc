// SPDX-License-Identifier: Apache-2.0
#include "targets/import_watch.h"

#include <algorithm>

namespace flowtap {

bool ImportWatch::due(const ModuleCount& modules, const Memory& memory, std::size_t processes,
                      std::uint64_t now_ns) {
    if (now_ns < next_read_ns_) return false;
    if (next_due_ns_ == 0) next_due_ns_ = now_ns + kLongest;
    const bool is_rested = rested(modules.read(memory).value_or(0), now_ns);
    const bool quick = now_ns < quick_until_ns_;
    next_read_ns_ = now_ns + (quick ? kQuick : std::clamp(processes * kPerProcess, kQuick, kSlow));
    if (now_ns < next_due_ns_ && !(changed_ && is_rested)) return false;
    routine_ = !changed_;
    changed_ = false;
    next_due_ns_ = now_ns + kLongest;
    return true;
}

// Whether the count has stopped changing. Waits for that at most kSlow.
bool ImportWatch::rested(std::uint64_t count, std::uint64_t now_ns) {
    if (count == count_) return true;
    count_ = count;
    quick_until_ns_ = now_ns + kQuickFor;
    if (!changed_) next_due_ns_ = std::min(next_due_ns_, now_ns + kSlow);
    changed_ = true;
    return false;
}

}  // namespace flowtap

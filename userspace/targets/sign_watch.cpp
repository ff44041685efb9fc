// SPDX-License-Identifier: Apache-2.0
#include "targets/sign_watch.h"

#include <algorithm>

namespace flowtap {

bool SignWatch::due(const UnchangedWords& signs, const Memory& memory, std::size_t processes,
                    std::uint64_t now_ns) {
    if (now_ns < next_read_ns_ || now_ns < due_ns_ + pause_) return false;
    next_read_ns_ = now_ns + std::clamp(signs.size() * processes * kPerWord, kShortest, kLongest);
    if (signs.unchanged(memory)) return false;
    const bool again_soon = now_ns < due_ns_ + 8 * pause_;
    pause_ = again_soon ? std::min(2 * pause_, kLongest) : kShortest;
    due_ns_ = now_ns;
    next_read_ns_ = 0;
    return true;
}

}  // namespace flowtap

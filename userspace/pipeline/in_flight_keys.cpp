// SPDX-License-Identifier: Apache-2.0
#include "pipeline/in_flight_keys.h"

namespace flowtap {

bool InFlightKeys::add(std::uint32_t tgid, std::uint64_t key) {
    if (size_ >= limit_ || !keys_[tgid].insert(key).second) return false;
    ++size_;
    return true;
}

bool InFlightKeys::remove(std::uint32_t tgid, std::uint64_t key) {
    const auto process = keys_.find(tgid);
    if (process == keys_.end() || process->second.erase(key) == 0) return false;
    --size_;
    if (process->second.empty()) keys_.erase(process);
    return true;
}

void InFlightKeys::remove_process(std::uint32_t tgid) {
    const auto process = keys_.find(tgid);
    if (process == keys_.end()) return;
    size_ -= process->second.size();
    keys_.erase(process);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/health.h"

namespace flowtap {

namespace {

std::string in_seconds(std::uint64_t nanoseconds) {
    return std::to_string(nanoseconds / 1'000'000'000) + " s";
}

}  // namespace

void Health::set_reason(const std::string& subject, const std::string& cause) {
    const std::lock_guard lock(mutex_);
    reasons_[subject] = cause;
}

void Health::clear_reason(const std::string& subject) {
    const std::lock_guard lock(mutex_);
    reasons_.erase(subject);
}

Verdict Health::health(std::uint64_t now_ns) const {
    Verdict verdict;
    const std::uint64_t beat_ns = last_beat_ns_.load(std::memory_order_relaxed);
    // The loop may beat after now_ns was read.
    const std::uint64_t silence_ns = now_ns > beat_ns ? now_ns - beat_ns : 0;
    if (silence_ns > static_cast<std::uint64_t>(longest_silence_.count())) {
        verdict.reasons.push_back("event loop: no sign of life for " + in_seconds(silence_ns));
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [subject, cause] : reasons_) {
        verdict.reasons.push_back(subject);
        verdict.reasons.back().append(": ").append(cause);
    }
    return verdict;
}

Verdict Health::readiness() const {
    if (ready_.load(std::memory_order_relaxed)) return {};
    return {{"targets: the first attach round has not finished"}};
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace flowtap {

// Good if there are no reasons against it.
struct Verdict {
    std::vector<std::string> reasons;
    [[nodiscard]] bool good() const { return reasons.empty(); }
};

// Whether the collector works. The event loop beats, and sets or clears reasons; any thread may read. The
// caller passes times, in CLOCK_MONOTONIC nanoseconds. The construction counts as the first beat.
class Health {
public:
    Health(std::uint64_t now_ns, std::chrono::nanoseconds longest_silence)
        : longest_silence_(longest_silence), last_beat_ns_(now_ns) {}

    void beat(std::uint64_t now_ns) { last_beat_ns_.store(now_ns, std::memory_order_relaxed); }

    // One reason per subject ("ring buffer", "BPF objects"): a later one replaces an earlier one.
    void set_reason(const std::string& subject, const std::string& cause);
    void clear_reason(const std::string& subject);

    // The first round of attaching has finished, with any result.
    void mark_ready() { ready_.store(true, std::memory_order_relaxed); }

    [[nodiscard]] Verdict health(std::uint64_t now_ns) const;
    [[nodiscard]] Verdict readiness() const;

private:
    const std::chrono::nanoseconds longest_silence_;
    std::atomic<std::uint64_t> last_beat_ns_;
    std::atomic<bool> ready_ = false;
    mutable std::mutex mutex_;
    std::map<std::string, std::string> reasons_;  // guarded by mutex_; cause by subject
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace flowtap {

// The largest of the values added within the last one to two minutes.
class RecentPeak {
public:
    static constexpr std::uint64_t kPeriod = 60'000'000'000;  // ns

    void add(std::uint64_t value, std::uint64_t now_ns) {
        advance(now_ns);
        peak_ = std::max(peak_, value);
    }
    [[nodiscard]] std::uint64_t value(std::uint64_t now_ns) {
        advance(now_ns);
        return std::max(peak_, before_);
    }

private:
    void advance(std::uint64_t now_ns) {
        if (now_ns < began_ns_ + kPeriod) return;
        before_ = now_ns < began_ns_ + 2 * kPeriod ? peak_ : 0;
        peak_ = 0;
        began_ns_ = now_ns;
    }

    std::uint64_t began_ns_ = 0;
    std::uint64_t peak_ = 0;    // since began_ns_
    std::uint64_t before_ = 0;  // in the period before that
};

}  // namespace flowtap

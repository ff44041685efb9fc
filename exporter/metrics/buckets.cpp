// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/buckets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace flowtap {

namespace {

constexpr double kMinSeconds = 1e-9;
constexpr double kMaxSeconds = 1e9;

Error bad_bounds(const std::string& cause) {
    return {"read", "histogram buckets", cause, "list upper bounds in seconds, ascending",
            Error::Kind::kUsage};
}

std::string bound_text(double seconds) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g", seconds);
    return text.data();
}

}  // namespace

Result<BucketBounds> BucketBounds::make(const std::vector<double>& seconds) {
    if (seconds.empty()) return bad_bounds("there are none");
    if (seconds.size() > kMaxBounds) return bad_bounds("more than " + std::to_string(kMaxBounds));
    BucketBounds bounds;
    for (const double bound : seconds) {
        const bool in_range = bound >= kMinSeconds && bound <= kMaxSeconds;  // false for NaN
        if (!in_range) return bad_bounds(bound_text(bound) + " is not between 1e-9 and 1e9");
        const auto nanoseconds = static_cast<std::uint64_t>(std::llround(bound * 1e9));
        if (!bounds.nanoseconds_.empty() && nanoseconds <= bounds.nanoseconds_.back()) {
            return bad_bounds(bound_text(bound) + " is not greater than the bound before it");
        }
        bounds.seconds_.push_back(bound);
        bounds.nanoseconds_.push_back(nanoseconds);
    }
    return bounds;
}

BucketBounds BucketBounds::defaults() {
    return *make(
        {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600});
}

std::size_t BucketBounds::bucket_of(std::uint64_t duration_ns) const {
    const auto bound = std::lower_bound(nanoseconds_.begin(), nanoseconds_.end(), duration_ns);
    return static_cast<std::size_t>(bound - nanoseconds_.begin());
}

}  // namespace flowtap

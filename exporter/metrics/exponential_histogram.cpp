// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/exponential_histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace flowtap {

namespace {

constexpr std::size_t kFinest = 1U << ExponentialScale::kMaxSchema;

// The bounds of the finest schema between 1/2 (included) and 1, the range of frexp()'s fractions. Coarser
// schemas have every second, fourth, ... of them.
const std::array<double, kFinest> kBounds = [] {
    std::array<double, kFinest> bounds = {};
    for (std::size_t i = 0; i < kFinest; ++i)
        bounds[i] = std::exp2(static_cast<double>(i) / static_cast<double>(kFinest) - 1);
    return bounds;
}();

// Number of bounds of the schema (not negative) that are less than the fraction.
std::int32_t bounds_below(int schema, double fraction) {
    const std::size_t stride = kFinest >> schema;
    std::size_t low = 0;
    std::size_t high = std::size_t{1} << schema;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (kBounds[middle * stride] < fraction) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return static_cast<std::int32_t>(low);
}

// Bucket i belongs to bucket ceil(i / 2) of the next coarser schema.
std::int32_t coarser(std::int32_t index, int steps = 1) { return (index + (1 << steps) - 1) >> steps; }

}  // namespace

std::int32_t ExponentialScale::index_of(int schema, double value) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    const int fine = std::max(schema, 0);
    const std::int32_t index = bounds_below(fine, fraction) + (exponent - 1) * (1 << fine);
    return schema >= 0 ? index : coarser(index, -schema);
}

double ExponentialScale::upper_bound(int schema, std::int32_t index) {
    return std::exp2(std::ldexp(static_cast<double>(index), -schema));
}

void ExponentialHistogram::add(double value, std::uint64_t count) {
    if (value > 0) {
        add_at(ExponentialScale::index_of(schema_, value), count);
    } else {
        zeros_ += count;
    }
}

void ExponentialHistogram::add_at(std::int32_t index, std::uint64_t count) {
    while (!cover(index)) index = coarser(index);
    counts_[static_cast<std::size_t>(index - first_)] += count;
}

bool ExponentialHistogram::cover(std::int32_t index) {
    if (counts_.empty()) first_ = index;
    const std::int32_t begin = std::min(first_, index);
    const std::int32_t end = std::max(first_ + static_cast<std::int32_t>(counts_.size()), index + 1);
    const auto size = static_cast<std::size_t>(end - begin);
    if (size == counts_.size()) return true;
    if (size > max_buckets_ && schema_ > ExponentialScale::kMinSchema) {
        halve();
        return false;
    }
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - begin), 0);
    counts_.resize(size);
    first_ = begin;
    return true;
}

void ExponentialHistogram::halve() {
    const std::vector<std::uint64_t> fine = std::move(counts_);
    const std::int32_t fine_first = first_;
    --schema_;
    first_ = coarser(fine_first);
    counts_.clear();
    if (fine.empty()) return;
    const auto last = fine_first + static_cast<std::int32_t>(fine.size()) - 1;
    const std::int32_t count = coarser(last) - first_ + 1;
    counts_.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < fine.size(); ++i) {
        const std::int32_t index = coarser(fine_first + static_cast<std::int32_t>(i));
        counts_[static_cast<std::size_t>(index - first_)] += fine[i];
    }
}

void ExponentialHistogram::merge(const ExponentialHistogram& other) {
    ExponentialHistogram same = other;
    while (same.schema_ > schema_) same.halve();
    while (schema_ > same.schema_) halve();
    zeros_ += same.zeros_;
    for (std::size_t i = 0; i < same.counts_.size(); ++i) {
        if (same.counts_[i] == 0) continue;
        const std::int32_t index = same.first_ + static_cast<std::int32_t>(i);
        add_at(coarser(index, same.schema_ - schema_), same.counts_[i]);
    }
}

std::uint64_t ExponentialHistogram::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), zeros_);
}

double ExponentialHistogram::quantile(double quantile) const {
    const std::uint64_t values = total();
    if (values == 0) return std::numeric_limits<double>::quiet_NaN();
    const double wanted = std::max(1.0, std::ceil(quantile * static_cast<double>(values)));
    std::uint64_t seen = zeros_;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (static_cast<double>(seen) >= wanted) break;
        seen += counts_[i];
        if (static_cast<double>(seen) < wanted) continue;
        const std::int32_t index = first_ + static_cast<std::int32_t>(i);
        return std::sqrt(ExponentialScale::upper_bound(schema_, index - 1) *
                         ExponentialScale::upper_bound(schema_, index));
    }
    return 0;
}

}  // namespace flowtap

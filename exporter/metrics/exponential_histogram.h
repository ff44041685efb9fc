// SPDX-License-Identifier: Apache-2.0
// Histograms whose buckets grow by a constant factor, as in Prometheus' native histograms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace flowtap {

// The resolution: bucket i of schema s has the values greater than base^(i-1) and at most base^i, with base =
// 2^(2^-s). In schema 3, for example, each bound is 9 % greater than the previous one.
class ExponentialScale {
public:
    static constexpr int kMinSchema = -4;
    static constexpr int kMaxSchema = 8;

    // Precondition: kMinSchema <= schema <= kMaxSchema, value > 0 and finite.
    static std::int32_t index_of(int schema, double value);
    static double upper_bound(int schema, std::int32_t index);
};

// Counts of positive values, and of zeros. Uses memory for the range of values seen, but never more than
// kMaxBuckets: if these are not enough, pairs of buckets are merged, which lowers the schema by one.
class ExponentialHistogram {
public:
    static constexpr std::size_t kMaxBuckets = 160;  // 20 octaves of schema 3

    explicit ExponentialHistogram(int schema, std::size_t max_buckets = kMaxBuckets)
        : max_buckets_(static_cast<std::uint32_t>(max_buckets)), schema_(static_cast<std::int8_t>(schema)) {}

    // Precondition: value is finite and not negative.
    void observe(double value) { add(value, 1); }
    void merge(const ExponentialHistogram& other);

    [[nodiscard]] int schema() const { return schema_; }
    [[nodiscard]] std::uint64_t zeros() const { return zeros_; }
    // Counts of the buckets, starting with first().
    [[nodiscard]] std::int32_t first() const { return first_; }
    [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
    [[nodiscard]] std::uint64_t total() const;

    // The value below which the fraction `quantile` (0 to 1) of all values lies; NaN if there are none. The
    // result is the geometric middle of a bucket: its relative error is at most base^(1/2) - 1.
    [[nodiscard]] double quantile(double quantile) const;

private:
    void add(double value, std::uint64_t count);
    void add_at(std::int32_t index, std::uint64_t count);
    // Makes room for the bucket `index` of the current schema, or halves the resolution.
    bool cover(std::int32_t index);
    void halve();

    std::vector<std::uint64_t> counts_;
    std::uint64_t zeros_ = 0;
    std::int32_t first_ = 0;
    std::uint32_t max_buckets_;
    std::int8_t schema_;
};

}  // namespace flowtap

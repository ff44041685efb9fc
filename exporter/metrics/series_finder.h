// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "exporter/metrics/series.h"

namespace flowtap {

// Remembers which row the identities met last belong to, by address: most executions are of an identity
// that was met before, and then no text is looked at. What it remembers it holds, so that an address
// cannot come to mean another.
class SeriesFinder {
public:
    std::optional<std::uint32_t> find(const SharedIdentity& identity,
                                      const SharedTargetLabels& target) const {
        const Entry& entry = entries_[slot_of(identity, target)];
        if (entry.labels.identity.address() != identity.address() || entry.labels.target != target ||
            entry.generation != generation_) {
            return std::nullopt;
        }
        return entry.row;
    }

    void remember(const SharedIdentity& identity, const SharedTargetLabels& target, std::uint32_t row) {
        entries_[slot_of(identity, target)] = {{target, identity}, row, generation_};
    }

    // After a row was erased.
    void forget_all() { ++generation_; }

private:
    static constexpr std::size_t kSlots = 16'384;

    struct Entry {
        SeriesLabels labels;
        std::uint32_t row = 0;
        std::uint64_t generation = 0;  // of what was remembered; 0: nothing
    };

    static std::size_t slot_of(const SharedIdentity& identity, const SharedTargetLabels& target) {
        const auto mixed = (reinterpret_cast<std::uintptr_t>(identity.address()) ^
                            reinterpret_cast<std::uintptr_t>(target.get()) << 7) *
                           0x9e3779b97f4a7c15U;
        return mixed >> 50;  // kSlots = 2^14
    }

    std::vector<Entry> entries_ = std::vector<Entry>(kSlots);
    std::uint64_t generation_ = 1;
};

}  // namespace flowtap

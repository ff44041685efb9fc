// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "exporter/metrics/series.h"

namespace flowtap {

// Caches the rows of identities by address. Most executions have an identity that occurred before; then no
// text is compared. Keeps the identities alive, so that an address cannot be reused for another one.
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

    // Call after a row was erased.
    void forget_all() { ++generation_; }

private:
    static constexpr std::size_t kSlots = 16'384;

    struct Entry {
        SeriesLabels labels;
        std::uint32_t row = 0;
        std::uint64_t generation = 0;  // of the cached entry; 0: none
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

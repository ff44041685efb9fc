// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exporter/metrics/snapshot_vector.h"

namespace flowtap {

// Rows by their labels, up to a limit of label sets. Further label sets share one row with the labels
// `other`. A row is identified by a number until it is erased. `Row` has a member std::shared_ptr<const
// Labels> labels, which is null while the row is unused; `Labels` needs == and hash_of().
template <typename Row>
class BoundedTable {
    using Rows = SnapshotVector<Row>;

public:
    using Labels = typename decltype(Row::labels)::element_type;

    struct Found {
        std::uint32_t row;
        bool added;
        bool overflowed;  // the labels are new and the table is full: the row is that of `other`
    };

    // The rows at one moment, in no particular order.
    class Snapshot {
    public:
        Snapshot() = default;
        explicit Snapshot(typename Rows::Snapshot rows) : rows_(std::move(rows)) {}

        template <typename Visit>
        void for_each(Visit visit) const {
            for (std::size_t row = 0; row < rows_.size(); ++row)
                if (rows_[row].labels != nullptr) visit(rows_[row]);
        }

    private:
        typename Rows::Snapshot rows_;
    };

    BoundedTable(std::size_t limit, Labels other) : limit_(limit), other_(std::move(other)) {}

    // Keeps existing label sets beyond a lower limit; only new ones are affected.
    void set_limit(std::size_t limit) { limit_ = limit; }

    Found find_or_add(const Labels& labels) {
        if (const auto known = numbers_.find(labels); known != numbers_.end()) {
            return {known->second, false, false};
        }
        const bool overflowed = numbers_.size() - (other_used_ ? 1 : 0) >= limit_ && labels != other_;
        if (!overflowed) return {add(labels), true, false};
        const Found other = find_or_add(other_);
        return {other.row, other.added, true};
    }

    // The reference is valid until the next snapshot.
    Row& edit(std::uint32_t row) { return rows_.edit(row); }
    const Row& operator[](std::uint32_t row) const { return rows_[row]; }

    void erase(std::uint32_t row) {
        numbers_.erase(rows_[row].labels);
        rows_.edit(row) = Row();
        free_.push_back(row);
    }

    [[nodiscard]] bool is_other(std::uint32_t row) const {
        return rows_[row].labels != nullptr && *rows_[row].labels == other_;
    }
    // The number of rows that ever existed: all row numbers are less.
    [[nodiscard]] std::size_t capacity() const { return rows_.size(); }
    [[nodiscard]] Snapshot snapshot() { return Snapshot(rows_.snapshot()); }

private:
    using Key = std::shared_ptr<const Labels>;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const Labels& labels) const { return hash_of(labels); }
        std::size_t operator()(const Key& key) const { return hash_of(*key); }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const Key& left, const Key& right) const { return *left == *right; }
        bool operator()(const Labels& left, const Key& right) const { return left == *right; }
        bool operator()(const Key& left, const Labels& right) const { return *left == right; }
    };

    std::uint32_t add(const Labels& labels) {
        if (free_.empty()) free_.push_back(static_cast<std::uint32_t>(rows_.add()));
        const std::uint32_t row = free_.back();
        free_.pop_back();
        const auto shared = std::make_shared<const Labels>(labels);
        rows_.edit(row).labels = shared;
        numbers_.emplace(shared, row);
        if (labels == other_) other_used_ = true;
        return row;
    }

    std::size_t limit_;
    Labels other_;
    bool other_used_ = false;
    Rows rows_;
    std::vector<std::uint32_t> free_;
    std::unordered_map<Key, std::uint32_t, Hash, Equal> numbers_;
};

}  // namespace flowtap

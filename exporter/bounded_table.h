// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace flowtap {

// Maps label sets to values, up to a limit of label sets; those that come later share one value under
// the labels `other`. Values keep their address. Label sets are shared, so that a snapshot can keep
// them without copying text. `Labels` needs == and an overload of hash_of().
template <typename Labels, typename Value>
class BoundedTable {
public:
    using Key = std::shared_ptr<const Labels>;

    struct Found {
        Value& value;
        bool overflowed;  // the labels are new and there is no room: `value` is that of `other`
    };

    BoundedTable(std::size_t limit, Labels other)
        : limit_(limit),
          other_(values_.try_emplace(std::make_shared<const Labels>(std::move(other))).first) {}

    Found find_or_add(const Labels& labels) {
        if (const auto entry = values_.find(labels); entry != values_.end()) {
            if (entry == other_) other_used_ = true;
            return {entry->second, false};
        }
        if (values_.size() <= limit_) {
            return {values_.try_emplace(std::make_shared<const Labels>(labels)).first->second, false};
        }
        other_used_ = true;
        return {other_->second, true};
    }

    [[nodiscard]] std::size_t size() const { return values_.size() - (other_used_ ? 0 : 1); }

    // Calls visit(const Key&, const Value&) for each label set seen; `other` only once it was used.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& [key, value] : values_) {
            if (other_used_ || &value != &other_->second) visit(key, value);
        }
    }

private:
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
    using Values = std::unordered_map<Key, Value, Hash, Equal>;

    std::size_t limit_;
    Values values_;
    typename Values::iterator other_;
    bool other_used_ = false;
};

}  // namespace flowtap

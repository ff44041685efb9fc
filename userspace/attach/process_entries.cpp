// SPDX-License-Identifier: Apache-2.0
#include "attach/process_entries.h"

#include <algorithm>
#include <utility>

#include "attach/kernel/table_limits.h"

namespace flowtap {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace

Result<void> ProcessEntries::put(Table table, Bytes key, Bytes value) {
    Entries& entries = entries_[table];
    std::string wanted = text_of(value);
    const auto known = entries.find(text_of(key));
    if (known != entries.end() && known->second == wanted) return {};
    if (known == entries.end() && entries.size() >= most_entries_of_process(table))
        return share_used_up(table, pid_);
    if (const int error = kernel_->put(table, key, value)) return table_error(table, pid_, error);
    if (known == entries.end()) {
        changes_.push_back({table, text_of(key), std::nullopt});
        entries.emplace(text_of(key), std::move(wanted));
    } else {
        changes_.push_back({table, known->first, std::exchange(known->second, std::move(wanted))});
    }
    return {};
}

void ProcessEntries::for_each_key(Table table, const std::function<void(Bytes key)>& visit) const {
    const auto found = entries_.find(table);
    if (found == entries_.end()) return;
    for (const auto& [key, value] : found->second) visit(as_bytes(key));
}

void ProcessEntries::erase(Table table, Bytes key) {
    if (entries_[table].erase(text_of(key)) != 0) kernel_->erase(table, key);
}

void ProcessEntries::erase_if(Table table, const std::function<bool(Bytes key, Bytes value)>& unwanted) {
    std::erase_if(entries_[table], [&](const auto& entry) {
        if (!unwanted(as_bytes(entry.first), as_bytes(entry.second))) return false;
        kernel_->erase(table, as_bytes(entry.first));
        return true;
    });
}

// Restores previous values in place, so a full table has room for them.
void ProcessEntries::roll_back() {
    for (auto latest = changes_.rbegin(); latest != changes_.rend(); ++latest) {
        const Change& change = *latest;
        Entries& entries = entries_[change.table];
        if (change.before &&
            kernel_->put(change.table, as_bytes(change.key), as_bytes(*change.before)) == 0) {
            entries[change.key] = *change.before;
        } else {
            kernel_->erase(change.table, as_bytes(change.key));
            entries.erase(change.key);
        }
    }
    changes_.clear();
}

void ProcessEntries::erase_all() {
    for (const auto& [table, entries] : entries_)
        for (const auto& [key, value] : entries) kernel_->erase(table, as_bytes(key));
    entries_.clear();
    changes_.clear();
}

std::size_t ProcessEntries::count(Table table) const {
    const auto found = entries_.find(table);
    return found == entries_.end() ? 0 : found->second.size();
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attach/kernel/kernel.h"
#include "base/result.h"

namespace flowtap {

// One process's entries in the kernel's tables. Those added since the last commit() can be undone.
class ProcessEntries {
public:
    using Table = Kernel::Table;
    using Bytes = std::span<const std::byte>;

    ProcessEntries(Kernel& kernel, pid_t pid) : kernel_(&kernel), pid_(pid) {}

    // Errors: the process has used up its share of the table, the table is full, or the kernel refused.
    Result<void> put(Table table, Bytes key, Bytes value);
    void for_each_key(Table table, const std::function<void(Bytes key)>& visit) const;
    // Takes effect at once and cannot be undone.
    void erase(Table table, Bytes key);
    void erase_if(Table table, const std::function<bool(Bytes key, Bytes value)>& unwanted);

    void commit() { changes_.clear(); }
    void roll_back();
    // Erases the target's entry first: without it, the programs report nothing about the process.
    void erase_all();

    [[nodiscard]] std::size_t count(Table table) const;

private:
    using Entries = std::map<std::string, std::string>;
    struct Change {
        Table table;
        std::string key;
        std::optional<std::string> before;
    };

    Kernel* kernel_;
    pid_t pid_;
    std::map<Table, Entries> entries_;
    std::vector<Change> changes_;
};

}  // namespace flowtap

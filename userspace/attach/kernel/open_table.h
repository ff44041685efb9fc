// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "bpf/target.h"

namespace flowtap {

// What erase_open_entry() does with the kernel's table of open executions. Probes write to it meanwhile.
class OpenTable {
public:
    virtual ~OpenTable() = default;
    [[nodiscard]] virtual std::optional<ft_open> look_up(const ft_open_key& key) = 0;
    // Removes an entry and says what it was, in one step where the kernel can (Linux 5.14).
    [[nodiscard]] virtual std::optional<ft_open> take(const ft_open_key& key) = 0;
    // False: there is a newer one by now, which stays.
    [[nodiscard]] virtual bool put_back(const ft_open_key& key, const ft_open& value) = 0;

protected:
    OpenTable() = default;
    OpenTable(const OpenTable&) = default;
    OpenTable(OpenTable&&) = default;
    OpenTable& operator=(const OpenTable&) = default;
    OpenTable& operator=(OpenTable&&) = default;
};

// Removes the execution that began then. One that began under the same key since stays, or is put back: only
// an end that comes between these two steps does not find it. Returns what is no longer in the table.
std::optional<ft_open> erase_open_entry(OpenTable& table, const ft_open_key& key, std::uint64_t begin_ns);

// The kernel's own.
class KernelOpenTable final : public OpenTable {
public:
    explicit KernelOpenTable(int fd) : fd_(fd) {}

    [[nodiscard]] std::optional<ft_open> look_up(const ft_open_key& key) override;
    [[nodiscard]] std::optional<ft_open> take(const ft_open_key& key) override;
    [[nodiscard]] bool put_back(const ft_open_key& key, const ft_open& value) override;

private:
    int fd_;
};

// How many executions of one process may be open: a quarter of the table is left for the others.
constexpr std::uint32_t most_open_of_process(std::uint32_t most_open) { return most_open - most_open / 4; }

}  // namespace flowtap

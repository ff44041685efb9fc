// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "bpf/target.h"

namespace flowtap {

// The operations of erase_open_entry() on the kernel's table of open executions. Probes write to the table at
// the same time.
class OpenTable {
public:
    virtual ~OpenTable() = default;
    // Announces to the probes the entry that is being removed.
    virtual void announce(const ft_open_key& key) = 0;
    [[nodiscard]] virtual std::optional<ft_open> look_up(const ft_open_key& key) = 0;
    // Removes an entry and returns its value, in one step if the kernel can (Linux 5.14).
    [[nodiscard]] virtual std::optional<ft_open> take(const ft_open_key& key) = 0;
    // Returns false if there is a newer entry, which stays.
    [[nodiscard]] virtual bool put_back(const ft_open_key& key, const ft_open& value) = 0;
    // Whether a probe may have failed to find the announced entry. Waits for probes that are running.
    [[nodiscard]] virtual bool may_be_missed() = 0;
    // Whether take() may have removed a different entry from the one it returned.
    [[nodiscard]] virtual bool may_have_removed_another() = 0;

protected:
    OpenTable() = default;
    OpenTable(const OpenTable&) = default;
    OpenTable(OpenTable&&) = default;
    OpenTable& operator=(const OpenTable&) = default;
    OpenTable& operator=(OpenTable&&) = default;
};

struct ErasedOpen {
    std::optional<ft_open> gone = {};  // what is no longer in the table
    // An execution that began under the same key since may have lost its entry. If it has ended, its end was
    // not reported.
    bool in_doubt = false;
};

// Removes the execution that began at begin_ns. One that began under the same key since stays, or is put
// back.
ErasedOpen erase_open_entry(OpenTable& table, const ft_open_key& key, std::uint64_t begin_ns);

// Variables of the BPF programs (bpf/open.bpf.h).
struct ErasingWords {
    std::uint64_t* key = nullptr;
    std::uint32_t* tgid = nullptr;
    std::uint32_t* missed = nullptr;
    const std::uint32_t* exchanges_begun = nullptr;
    const std::uint32_t* exchanges_done = nullptr;
};

// The kernel's table.
class KernelOpenTable final : public OpenTable {
public:
    KernelOpenTable(int fd, ErasingWords words) : fd_(fd), words_(words) {}

    void announce(const ft_open_key& key) override;
    [[nodiscard]] std::optional<ft_open> look_up(const ft_open_key& key) override;
    [[nodiscard]] std::optional<ft_open> take(const ft_open_key& key) override;
    [[nodiscard]] bool put_back(const ft_open_key& key, const ft_open& value) override;
    [[nodiscard]] bool may_be_missed() override;
    [[nodiscard]] bool may_have_removed_another() override;

private:
    int fd_;
    ErasingWords words_;
    bool in_one_step_ = true;
    std::optional<std::uint32_t>
        exchanges_;  // number of exchanges at the announcement; nullopt: one was running
};

// Maximum number of open executions of one process: leaves a quarter of the table for the others.
constexpr std::uint32_t most_open_of_process(std::uint32_t most_open) { return most_open - most_open / 4; }

}  // namespace flowtap

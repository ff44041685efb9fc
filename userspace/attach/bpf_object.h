// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "attach/code_pages.h"
#include "attach/probe_link.h"
#include "base/result.h"
#include "bpf/target.h"
#include "plan/plan.h"

struct flowtap_bpf;

namespace flowtap {

// Keys and values as the kernel stores them; see bpf/target.h.
template <typename T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

// The loaded BPF programs and maps. Nothing is pinned: closing this, or dying, leaves nothing in the kernel.
class BpfObject {
public:
    struct Options {
        std::uint32_t ring_bytes = 8u << 20;    // a power of two
        std::uint32_t open_executions = 65536;  // most that can be open at once
        std::uint64_t wakeup_bytes = 1u << 20;  // fill level at which the kernel wakes us
    };

    using EventHandler = std::function<void(std::span<const std::byte>)>;
    using StartHandler = std::function<void(const ft_start&)>;

    // Loads, and attaches the process-lifecycle programs. Errors: kEnvironment, with what is missing.
    static Result<BpfObject> load(const Options& options, EventHandler on_event, StartHandler on_start);

    BpfObject(BpfObject&&) noexcept;
    BpfObject& operator=(BpfObject&&) noexcept;
    ~BpfObject();

    [[nodiscard]] bpf_program* program(Program program) const;
    // Whether this program goes to many places by one link (link_uprobes()), or to one each by perf events.
    [[nodiscard]] bool links_many(Program program) const;

    // Whether this kernel asks for CAP_BPF to use what is loaded: for its tables until Linux 5.19.
    [[nodiscard]] bool needs_cap_bpf() const;

    enum class Table : std::uint8_t { kTargets, kSites, kLandings, kWatches, kReads, kCodes, kOpen, kNames };
    // Errors: the table is full, or the kernel refused.
    Result<void> put(Table table, std::span<const std::byte> key, std::span<const std::byte> value);
    // A key that is absent is no error.
    void erase(Table table, std::span<const std::byte> key);
    // Removes an open execution, unless its key was used again by one that began later.
    void erase_open(const ft_open_key& key, std::uint64_t begin_ns);

    // Readable when the kernel woke us.
    [[nodiscard]] int event_fd() const;
    // Hands every waiting record to its handler; returns how many.
    std::size_t drain();
    // Whether the kernel still hands over records and tables: as of the last drain(), and now.
    [[nodiscard]] Result<void> check() const;
    // Whether to hear of every process that begins, or only of what targets fork and execute.
    void watch_starts(bool all);
    // Starts of processes that found no room: the total.
    [[nodiscard]] std::uint64_t starts_lost() const;

    // Of every process; costs some 0.2 us for each.
    [[nodiscard]] CodePages code_pages() const;

    static constexpr std::uint32_t kLifecycleProbe = 0;  // FT_LIFECYCLE_PROBE of lifecycle_programs.bpf.h
    // Sum over the CPUs.
    [[nodiscard]] ft_counters counters(std::uint32_t probe) const;

    // Ends that waited in the open-executions table since the start; costs a memory read.
    [[nodiscard]] std::uint64_t deferred_ends() const;

    struct OpenEntry {
        ft_open_key key;
        ft_open value;
    };
    // Every entry of the open-executions table for which the predicate holds.
    [[nodiscard]] std::vector<OpenEntry> open_entries(
        const std::function<bool(const OpenEntry&)>& wanted) const;

private:
    struct State;
    explicit BpfObject(std::unique_ptr<State> state);
    [[nodiscard]] bpf_map* map(Table table) const;

    std::unique_ptr<State> state_;
};

}  // namespace flowtap

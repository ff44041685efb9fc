// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "bpf/target.h"
#include "plan/plan.h"
#include "result.h"

struct flowtap_bpf;

namespace flowtap {

template <auto Function>
struct Closes {
    template <typename T>
    void operator()(T* object) const {
        Function(object);
    }
};

using Link = std::unique_ptr<bpf_link, Closes<bpf_link__destroy>>;

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

    // Loads, and attaches the process-lifecycle programs. Errors: kEnvironment, with what is missing.
    static Result<BpfObject> load(const Options& options, EventHandler on_event);

    BpfObject(BpfObject&&) noexcept;
    BpfObject& operator=(BpfObject&&) noexcept;
    ~BpfObject();

    [[nodiscard]] bpf_program* program(Program program) const;

    enum class Table : std::uint8_t { kTargets, kSites, kReads, kCodes, kOpen, kNames };
    // Errors: the table is full, or the kernel refused.
    Result<void> put(Table table, std::span<const std::byte> key, std::span<const std::byte> value);
    // A key that is absent is no error.
    void erase(Table table, std::span<const std::byte> key);
    // Removes an open execution, unless its key was used again by one that began later.
    void erase_open(const ft_open_key& key, std::uint64_t begin_ns);

    // Readable when the kernel woke us.
    [[nodiscard]] int event_fd() const;
    // Hands every waiting record to the handler; returns how many.
    std::size_t drain();

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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "attach/code_pages.h"
#include "attach/kernel/kernel.h"
#include "attach/kernel/probe_link.h"
#include "base/result.h"
#include "bpf/target.h"
#include "plan/plan.h"

struct flowtap_bpf;

namespace flowtap {

// The loaded BPF programs and maps. Nothing is pinned: when this object is destroyed or the process dies,
// nothing remains in the kernel.
class BpfObject final : public Kernel {
public:
    struct Options {
        std::uint32_t ring_bytes = 8u << 20;    // a power of two, and of pages
        std::uint32_t open_executions = 65536;  // maximum number that can be open at once
        bool links_many = false;                // uprobe_multi links were seen to work on this machine
    };

    using EventHandler = std::function<void(std::span<const std::byte>)>;
    // Receives an end that found the ring buffer full. begin_before: a position of the ring buffer before
    // which its begin lies.
    using LateHandler = std::function<void(std::span<const std::byte>, std::uint64_t begin_before)>;
    using StartHandler = std::function<void(const ft_start&)>;
    struct Handlers {
        EventHandler event;
        LateHandler late_end;
        StartHandler start;
    };

    // Loads the programs, and attaches those for the lifecycle of processes. Errors: kEnvironment, naming
    // what is missing.
    static Result<BpfObject> load(const Options& options, Handlers handlers);

    BpfObject(BpfObject&&) noexcept;
    BpfObject& operator=(BpfObject&&) noexcept;
    ~BpfObject() override;

    [[nodiscard]] bpf_program* program(Program program) const;
    // Whether this kernel requires CAP_BPF for using the loaded maps, as kernels before Linux 5.19 do.
    [[nodiscard]] bool needs_cap_bpf() const;

    // Whether a probe has seen the code at this address run in the process. False if no plan has the code.
    [[nodiscard]] bool has_seen(std::uint32_t tgid, std::uint64_t code) const;

    int put(Table table, std::span<const std::byte> key, std::span<const std::byte> value) override;
    void erase(Table table, std::span<const std::byte> key) override;
    void forget_executions(std::uint32_t tgid) override;
    [[nodiscard]] std::uint64_t hits(std::uint32_t number) const override;
    int open(const std::string& path, Fd& file) override;
    int link(Program program, pid_t pid, const std::string& file, std::span<const Place> places,
             std::vector<Link>& made) override;
    [[nodiscard]] bool links_many(Program program) const override;
    Result<std::vector<Fd>> watch(pid_t pid, std::uint64_t address, Program program) override;

    // Removes an open execution, unless a later one has the same key. Returns false if that one may have
    // ended unseen.
    [[nodiscard]] bool erase_open(const ft_open_key& key, std::uint64_t begin_ns);

    // Readable when the kernel wakes the reader.
    [[nodiscard]] int event_fd() const;
    // Passes every record that waits at this moment to its handler, and returns the number of events. Late
    // ends come first: records that follow them in the ring buffer are later.
    std::size_t drain();
    // Whether the kernel still allows access to its tables.
    [[nodiscard]] Result<void> check() const;
    // The position in the ring buffer that drain() has reached.
    [[nodiscard]] std::uint64_t drained() const;
    [[nodiscard]] std::size_t ring_bytes() const;
    [[nodiscard]] std::uint64_t ring_bytes_waiting() const;
    // Whether to report every process that starts, or only forks and execs of targets.
    void watch_starts(bool all);
    // Total number of process starts that were lost because the buffer was full.
    [[nodiscard]] std::uint64_t starts_lost() const;

    // Reads all processes; costs about 0.2 us for each.
    [[nodiscard]] CodePages code_pages() const;

    static constexpr std::uint32_t kLifecycleProbe = 0;  // FT_LIFECYCLE_PROBE of lifecycle_programs.bpf.h
    // Summed over the CPUs.
    [[nodiscard]] ft_counters counters(std::uint32_t probe) const;

    struct OpenEntry {
        ft_open_key key;
        ft_open value;
    };
    // Visits every entry of the open-executions table that exists throughout the walk, once.
    void for_each_open(const std::function<void(const OpenEntry&)>& visit) const;
    [[nodiscard]] std::uint32_t most_open() const;

private:
    struct State;
    explicit BpfObject(std::unique_ptr<State> state);
    [[nodiscard]] bpf_map* map(Table table) const;

    std::unique_ptr<State> state_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "attach/kernel/bpf_object.h"
#include "base/result.h"
#include "daemon/own_stacks.h"
#include "daemon/recent_peak.h"
#include "daemon/stalled_buffer.h"
#include "exporter/metrics/metrics.h"
#include "pipeline/critical_paths.h"
#include "pipeline/execution_tracker.h"
#include "pipeline/late_ends.h"
#include "plan/under_way.h"

namespace flowtap {

// Moves events out of the kernel: ring buffers -> decoder -> tracker -> metrics. Loop thread only.
class EventPump {
public:
    // Callbacks for what events report. Each is called while events are read, and must not read any.
    struct Observers {
        std::function<void(std::uint32_t tgid, std::uint64_t time_ns)> program_ended;  // an exit or an exec
        std::function<void(const Started&)> started;
    };

    // Loads the programs. metrics and counts must outlive the pump. Errors: as BpfObject::load().
    static Result<std::unique_ptr<EventPump>> make(const BpfObject::Options& options, Metrics& metrics,
                                                   CollectorStats& counts, Observers observers);

    [[nodiscard]] BpfObject& kernel() { return *bpf_; }
    [[nodiscard]] const BpfObject& kernel() const { return *bpf_; }

    // Describes a point. Call before its first event.
    void add_point(std::uint32_t number, PointInfo info) { tracker_.add_point(number, std::move(info)); }
    // Each batch of outcomes also goes to this observer.
    void on_outcomes(std::function<void(std::span<const Outcome>)> observer) {
        observer_ = std::move(observer);
    }

    // Applies every waiting event to the tracker, and the outcomes to the metrics.
    void drain();
    // These executions were found on stacks after the probes were placed. Those that have reported no begin
    // by now began before that: their ends will come without a begin.
    void note_in_flight(std::uint32_t tgid, const std::vector<UnderWay>& found);
    // The process has ended, and its executions with it.
    void end_process(std::uint32_t tgid, std::uint64_t time_ns);
    // The process lives on without probes: its open executions are counted as left_at_detach.
    void forget_process(std::uint32_t tgid, std::uint64_t time_ns);
    void forget_stacks(std::uint32_t tgid) { own_stacks_.forget_process(tgid); }
    // lost: number of events lost so far. Paths that may miss a node are not counted as complete.
    void decide_critical_paths(std::uint64_t lost);

    // Errors: as BpfObject::check(); also if a ring buffer is stalled.
    [[nodiscard]] Result<void> check() const;

    // Processes that started since the last call.
    std::vector<ft_start> take_starts() { return std::exchange(starts_, {}); }
    // The most bytes of the ring buffer that were in use at once within the last minutes.
    [[nodiscard]] std::uint64_t recent_ring_bytes(std::uint64_t now_ns) { return buffer_peak_.value(now_ns); }

private:
    EventPump(Metrics& metrics, CollectorStats& counts, Observers observers)
        : metrics_(metrics), counts_(counts), observers_(std::move(observers)) {}

    void receive(std::span<const std::byte> record);
    void receive_late(std::span<const std::byte> record, std::uint64_t begin_before);
    void apply(const Event& event);
    void apply_ends(const std::vector<EndEvent>& ends);
    [[nodiscard]] bool may_be_switch(const LeftEvent& event);
    void read();
    void fold();
    void erase_ended();
    void erase_open(const ft_open_key& key, std::uint64_t begin_ns);

    Metrics& metrics_;
    CollectorStats& counts_;
    const Observers observers_;
    std::unique_ptr<BpfObject> bpf_;
    ExecutionTracker tracker_;
    CriticalPaths critical_paths_;
    OwnStacks own_stacks_;
    LateEnds late_ends_;
    std::vector<PossibleEnd> possible_ends_;  // executions whose end may have been missed
    RecentPeak buffer_peak_;
    StalledBuffer stalled_;
    std::vector<Outcome> outcomes_;
    std::function<void(std::span<const Outcome>)> observer_;
    std::vector<ft_start> starts_;
};

}  // namespace flowtap

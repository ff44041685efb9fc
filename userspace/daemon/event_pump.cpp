// SPDX-License-Identifier: Apache-2.0
#include "daemon/event_pump.h"

#include <set>

#include "base/clock.h"
#include "pipeline/seen_executions.h"

namespace flowtap {
namespace {

// When a node's run() has ended, a failure of the code around it within this time still counts as the node's
// end if its thread reports nothing else. ns
constexpr std::uint64_t kHeldFor = 1'000'000'000;

}  // namespace

Result<std::unique_ptr<EventPump>> EventPump::make(const BpfObject::Options& options, Metrics& metrics,
                                                   CollectorStats& counts, Observers observers) {
    std::unique_ptr<EventPump> pump(new EventPump(metrics, counts, std::move(observers)));
    Result<BpfObject> bpf = BpfObject::load(
        options, {.event = [raw = pump.get()](std::span<const std::byte> record) { raw->receive(record); },
                  .late_end = [raw = pump.get()](
                                  std::span<const std::byte> record,
                                  std::uint64_t begin_before) { raw->receive_late(record, begin_before); },
                  .start = [raw = pump.get()](const ft_start& start) { raw->starts_.push_back(start); }});
    if (!bpf) return bpf.error();
    pump->bpf_ = std::make_unique<BpfObject>(std::move(*bpf));
    return pump;
}

void EventPump::receive(std::span<const std::byte> record) {
    const Event event = decode_event(record);
    if (std::holds_alternative<Malformed>(event)) {
        ++counts_.events_lost[LostReason::kMalformed];
        return;
    }
    ++counts_.events_received;
    apply_ends(late_ends_.take_before(event));
    apply(event);
}

void EventPump::receive_late(std::span<const std::byte> record, std::uint64_t begin_before) {
    const Event event = decode_event(record);
    const auto* end = std::get_if<EndEvent>(&event);
    if (end == nullptr) {
        ++counts_.events_lost[LostReason::kMalformed];
        return;
    }
    ++counts_.events_received;
    late_ends_.add(*end, begin_before);
}

void EventPump::apply_ends(const std::vector<EndEvent>& ends) {
    for (const EndEvent& end : ends) tracker_.apply(end, outcomes_);
}

// A longjmp may have switched to another stack. Then the frames that it seems to have left are still alive.
// Looked up only if an execution may have been left.
bool EventPump::may_be_switch(const LeftEvent& event) {
    return event.own_stack != 0 &&
           tracker_.any_on_stack(event.header.tgid, event.stack_from, event.stack_to) &&
           !own_stacks_.hold(event);
}

void EventPump::apply(const Event& event) {
    const auto* left = std::get_if<LeftEvent>(&event);
    if (left != nullptr && may_be_switch(*left)) return;
    const auto* process = std::get_if<ProcessExitEvent>(&event);
    const auto* exec = std::get_if<ExecEvent>(&event);
    const auto* thread = std::get_if<ThreadExitEvent>(&event);
    if (thread != nullptr) own_stacks_.forget_thread(thread->header.tgid, thread->header.tid);
    tracker_.apply(event, outcomes_);
    if (process != nullptr) observers_.program_ended(process->header.tgid, process->header.time_ns);
    if (exec != nullptr) observers_.program_ended(exec->header.tgid, exec->header.time_ns);
}

void EventPump::read() {
    buffer_peak_.add(bpf_->ring_bytes_waiting(), monotonic_ns());
    bpf_->drain();
    stalled_.update(bpf_->drained(), bpf_->ring_bytes_waiting(), monotonic_ns());
    apply_ends(late_ends_.take_begun_before(bpf_->drained()));
    // Everything that these executions reported until then has been read.
    for (const PossibleEnd& end : std::exchange(possible_ends_, {})) tracker_.apply(end, outcomes_);
}

Result<void> EventPump::check() const {
    const Result<void> moves = stalled_.check(monotonic_ns());
    return moves ? bpf_->check() : moves;
}

void EventPump::drain() {
    read();
    tracker_.release_ends(monotonic_ns() - kHeldFor, outcomes_);
    fold();
}

void EventPump::fold() {
    if (outcomes_.empty()) return;
    critical_paths_.add(outcomes_);
    metrics_.fold(outcomes_);
    if (observer_) observer_(outcomes_);
    for (const Outcome& outcome : outcomes_)
        if (const auto* started = std::get_if<Started>(&outcome)) observers_.started(*started);
    erase_ended();
    outcomes_.clear();
}

// Erases from the kernel's table the executions that were left or died with their thread: no probe removes
// them.
void EventPump::erase_ended() {
    for (const Outcome& outcome : outcomes_) {
        const auto* ended = std::get_if<Ended>(&outcome);
        if (ended == nullptr || !ended->in_kernel_map) continue;
        erase_open({ended->key, ended->tgid, 0}, ended->begin_ns);
        // An execution keyed by a number also has an entry for its place on the stack.
        if (ended->call_stack != 0 && ended->call_stack != ended->key)
            erase_open({ended->call_stack, ended->tgid, 0}, ended->begin_ns);
    }
}

void EventPump::erase_open(const ft_open_key& key, std::uint64_t begin_ns) {
    if (!bpf_->erase_open(key, begin_ns))
        possible_ends_.push_back({key.tgid, key.key, begin_ns, monotonic_ns()});
}

void EventPump::note_in_flight(std::uint32_t tgid, const std::vector<UnderWay>& found) {
    if (found.empty()) return;
    read();
    // Leaves out executions that have ended since they were found.
    const std::set<std::uint64_t> seen = seen_executions(outcomes_, tgid);
    for (const UnderWay& execution : found) {
        if (seen.contains(execution.key)) continue;
        InFlightEvent event = {};
        event.header.key = execution.key;
        event.header.key_kind = static_cast<std::uint8_t>(execution.key_kind);
        event.header.tgid = tgid;
        event.header.kind = FT_EVENT_IN_FLIGHT;
        tracker_.apply(event, outcomes_);
    }
    fold();
}

void EventPump::end_process(std::uint32_t tgid, std::uint64_t time_ns) {
    apply_ends(late_ends_.take_process(tgid, time_ns));
    tracker_.end_process(tgid, time_ns, outcomes_);
    fold();
}

void EventPump::forget_process(std::uint32_t tgid, std::uint64_t time_ns) {
    apply_ends(late_ends_.take_process(tgid, time_ns));
    tracker_.forget_process(tgid, time_ns, outcomes_);
    fold();
}

void EventPump::decide_critical_paths(std::uint64_t lost) {
    fold();
    critical_paths_.decide(lost, monotonic_ns(), outcomes_);
    fold();
}

}  // namespace flowtap

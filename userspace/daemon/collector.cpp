// SPDX-License-Identifier: Apache-2.0
#include "daemon/collector.h"

#include "attach/hardware_watch.h"
#include "daemon/clock.h"
#include "process/whereabouts.h"

namespace flowtap {
namespace {

// How long after the end of a node's run() a failure of the rest of it is still told of as its end, where the
// thread does nothing else that is seen. ns
constexpr std::uint64_t kHeldFor = 1'000'000'000;

EndEvent end_event_of(const BpfObject::OpenEntry& entry) {
    EndEvent event = {};
    event.header.time_ns = entry.value.end_ns;
    event.header.key = entry.key.key;
    event.header.tgid = entry.key.tgid;
    event.header.tid = entry.value.tid;
    event.header.point = entry.value.point;
    event.header.kind = FT_EVENT_END;
    event.header.key_kind = entry.value.key_kind;
    event.header.status = entry.value.status;
    event.running_ns = entry.value.running_ns;
    event.error_type = entry.value.error_type;
    return event;
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::make(std::vector<Profile> profiles, Metrics& metrics,
                                                   const PlanSettings& settings) {
    const MachineFacts& machine = settings.machine;
    std::unique_ptr<Collector> collector(new Collector(std::move(profiles), metrics, settings));
    Result<BpfObject> bpf = BpfObject::load(
        {.links_many = machine.proven(KernelMechanism::kUprobeMulti)},
        [raw = collector.get()](std::span<const std::byte> record) { raw->receive(record); },
        [raw = collector.get()](const ft_start& start) { raw->starts_.push_back(start); });
    if (!bpf) return bpf.error();
    if (!machine.untried.empty())
        return Error{"try", "this machine's mechanisms", machine.untried, "see flowtap check",
                     Error::Kind::kEnvironment};
    collector->stats_.machine = machine;
    collector->bpf_ = std::make_unique<BpfObject>(std::move(*bpf));
    collector->attacher_ = std::make_unique<Attacher>(*collector->bpf_);
    collector->publish_statistics();
    return collector;
}

Collector::Collector(std::vector<Profile> profiles, Metrics& metrics, const PlanSettings& settings)
    : planner_(std::move(profiles), settings), metrics_(metrics), names_(node_name()) {}

Collector::~Collector() = default;

LaterNeeds Collector::later_needs() const {
    return {.tables = bpf_->needs_cap_bpf(),
            .perf_events = !bpf_->links_many(Program::kNativeEntry) || planner_.asks_for_return_probes(),
            .watches = planner_.asks_for_watches() ? privilege_of_watches() : WatchPrivilege::kNone};
}

void Collector::note_reload(bool successful, double now_s) {
    stats_.config_last_reload_successful = successful;
    if (successful) stats_.config_last_reload_success_s = now_s;
}

void Collector::receive(std::span<const std::byte> record) {
    const Event event = decode_event(record);
    if (std::holds_alternative<Malformed>(event)) {
        ++stats_.events_lost[LostReason::kMalformed];
        return;
    }
    ++stats_.events_received;
    apply(event);
}

// A longjmp may have been a switch to another stack, and then what seems to have been left lives on. Asked
// only where an execution is at stake.
bool Collector::may_be_switch(const LeftEvent& event) {
    return event.own_stack != 0 &&
           tracker_.any_on_stack(event.header.tgid, event.stack_from, event.stack_to) &&
           !own_stacks_.hold(event);
}

void Collector::apply(const Event& event) {
    const auto* left = std::get_if<LeftEvent>(&event);
    if (left != nullptr && may_be_switch(*left)) return;
    const auto* process = std::get_if<ProcessExitEvent>(&event);
    const auto* exec = std::get_if<ExecEvent>(&event);
    // What ended before the exit must not be aborted by it.
    const auto* thread = std::get_if<ThreadExitEvent>(&event);
    if (process != nullptr || exec != nullptr || thread != nullptr) collect_deferred_ends();
    if (thread != nullptr) own_stacks_.forget_thread(thread->header.tgid, thread->header.tid);
    tracker_.apply(event, outcomes_);
    if (process != nullptr) end_target(process->header.tgid, process->header.time_ns);
    if (exec != nullptr) end_target(exec->header.tgid, exec->header.time_ns);
}

void Collector::drain() {
    bpf_->drain();
    tracker_.settle(monotonic_ns() - kHeldFor, outcomes_);
    fold();
    for (std::uint32_t tgid : ended_targets_) retire(tgid);
    ended_targets_.clear();
}

void Collector::fold() {
    if (outcomes_.empty()) return;
    metrics_.fold(outcomes_);
    if (observer_) observer_(outcomes_);
    // An execution that was left, or died with its thread, has nobody to remove it from the kernel's table.
    for (const Outcome& outcome : outcomes_) {
        const auto* ended = std::get_if<Ended>(&outcome);
        if (ended == nullptr || !ended->in_kernel_map) continue;
        bpf_->erase_open({ended->key, ended->tgid, 0}, ended->begin_ns);
        // Where another number is the key, the place on the stack leads to it.
        if (ended->call_stack != 0 && ended->call_stack != ended->key)
            bpf_->erase_open({ended->call_stack, ended->tgid, 0}, ended->begin_ns);
    }
    outcomes_.clear();
}

void Collector::collect_deferred_ends() {
    const std::uint64_t deferred = bpf_->deferred_ends();
    if (deferred == deferred_seen_) return;
    deferred_seen_ = deferred;
    const auto ended = [](const BpfObject::OpenEntry& entry) { return entry.value.state == FT_OPEN_ENDED; };
    for (const BpfObject::OpenEntry& entry : bpf_->open_entries(ended)) {
        tracker_.apply(end_event_of(entry), outcomes_);
        ++stats_.events_received;
        bpf_->erase_open(entry.key, entry.value.begin_ns);
    }
}

void Collector::look_after_targets() {
    count_code_pages();
    collect_deferred_ends();
    retire_vanished(monotonic_ns());
    drain();
    replace_lost_probes();
}

ProbeStats Collector::probe_stats(std::uint32_t number) const {
    const Registry& probes = attacher_->probes();
    const ft_counters counters = bpf_->counters(number);
    ProbeStats stats;
    stats.probe = number >= probes.first() ? probes.texts()[number - probes.first()] : "process:exit";
    stats.hits = counters.hits;
    stats.events = counters.events;
    stats.lost[LostReason::kRingBufferFull] = counters.lost_ring_full;
    stats.lost[LostReason::kOpenMapFull] = counters.lost_open_full;
    stats.lost[LostReason::kEndOverwritten] = counters.lost_overwritten;
    stats.ids_unreadable = counters.unreadable;
    stats.hits_unattributed = counters.no_thread_state;
    return stats;
}

void Collector::publish_statistics() {
    const Registry& probes = attacher_->probes();
    stats_.probes.clear();
    Tally<LostReason> lost;
    lost[LostReason::kMalformed] = stats_.events_lost[LostReason::kMalformed];
    for (std::uint32_t i = 0; i < probes.first() + probes.texts().size(); i++) {
        stats_.probes.push_back(probe_stats(i));
        lost += stats_.probes.back().lost;
    }
    stats_.events_lost = lost;
    stats_.targets[TargetState::kAttached] = targets_.size();
    stats_.points = {};
    for (const auto& [tgid, target] : targets_)
        for (const PlannedPoint& point : target.plan.points) ++stats_.points[state_of(point)];
    metrics_.update(stats_);
    publish_reports();
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "daemon/collector.h"

#include "attach/kernel/hardware_watch.h"
#include "base/clock.h"
#include "process/whereabouts.h"

namespace flowtap {
namespace {

// How long after the end of a node's run() a failure of the rest of it is still told of as its end, where the
// thread does nothing else that is seen. ns
constexpr std::uint64_t kHeldFor = 1'000'000'000;

// Counting what is in the table of open executions goes through all of it.
constexpr std::uint64_t kOpenCountPeriod = 5'000'000'000;  // ns

}  // namespace

Result<std::unique_ptr<Collector>> Collector::make(BpfObject::Options options, std::vector<Profile> profiles,
                                                   Metrics& metrics, const PlanSettings& settings) {
    const MachineFacts& machine = settings.machine;
    options.links_many = machine.proven(KernelMechanism::kUprobeMulti);
    std::unique_ptr<Collector> collector(new Collector(std::move(profiles), metrics, settings));
    Result<BpfObject> bpf = BpfObject::load(
        options,
        {.event = [raw = collector.get()](std::span<const std::byte> record) { raw->receive(record); },
         .late_end = [raw = collector.get()](std::span<const std::byte> record,
                                             std::uint64_t told_by) { raw->receive_late(record, told_by); },
         .start = [raw = collector.get()](const ft_start& start) { raw->starts_.push_back(start); }});
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
    : planner_(profiles, settings), metrics_(metrics), names_(node_name()) {
    know_points(profiles);
}

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
    enter(late_ends_.take_before(event));
    apply(event);
}

void Collector::receive_late(std::span<const std::byte> record, std::uint64_t told_by) {
    const Event event = decode_event(record);
    const auto* end = std::get_if<EndEvent>(&event);
    if (end == nullptr) {
        ++stats_.events_lost[LostReason::kMalformed];
        return;
    }
    ++stats_.events_received;
    late_ends_.add(*end, told_by);
}

void Collector::enter(const std::vector<EndEvent>& ends) {
    for (const EndEvent& end : ends) tracker_.apply(end, outcomes_);
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
    const auto* thread = std::get_if<ThreadExitEvent>(&event);
    if (thread != nullptr) own_stacks_.forget_thread(thread->header.tgid, thread->header.tid);
    tracker_.apply(event, outcomes_);
    if (process != nullptr) end_target(process->header.tgid, process->header.time_ns);
    if (exec != nullptr) end_target(exec->header.tgid, exec->header.time_ns);
}

void Collector::read_events() {
    const std::uint64_t now_ns = monotonic_ns();
    buffer_peak_.note(bpf_->ring_bytes_waiting(), now_ns);
    bpf_->drain();
    enter(late_ends_.take_told(bpf_->drained()));
    // What had been told of them by then is read.
    for (const Doubt& doubt : std::exchange(doubts_, {})) tracker_.apply(doubt, outcomes_);
}

void Collector::drain() {
    read_events();
    tracker_.settle(monotonic_ns() - kHeldFor, outcomes_);
    fold();
    for (const auto& [tgid, time_ns] : std::exchange(ended_targets_, {}))
        if (ran_before(tgid, time_ns)) retire(tgid);
}

void Collector::fold() {
    if (outcomes_.empty()) return;
    critical_paths_.enter(outcomes_);
    metrics_.fold(outcomes_);
    if (observer_) observer_(outcomes_);
    for (const Outcome& outcome : outcomes_)
        if (const auto* started = std::get_if<Started>(&outcome)) count_started(*started);
    // An execution that was left, or died with its thread, has nobody to remove it from the kernel's table.
    for (const Outcome& outcome : outcomes_) {
        const auto* ended = std::get_if<Ended>(&outcome);
        if (ended == nullptr || !ended->in_kernel_map) continue;
        erase_open({ended->key, ended->tgid, 0}, ended->begin_ns);
        // Where another number is the key, the place on the stack leads to it.
        if (ended->call_stack != 0 && ended->call_stack != ended->key)
            erase_open({ended->call_stack, ended->tgid, 0}, ended->begin_ns);
    }
    outcomes_.clear();
}

void Collector::erase_open(const ft_open_key& key, std::uint64_t begin_ns) {
    if (!bpf_->erase_open(key, begin_ns)) doubts_.push_back({key.tgid, key.key, begin_ns, monotonic_ns()});
}

// What was lost is known by now, so a path that misses a node is not taken for whole.
void Collector::find_critical_paths() {
    fold();
    critical_paths_.decide(stats_.events_lost.total(), monotonic_ns(), outcomes_);
    fold();
}

// Those that are gone are known before the drain: all they told is read by then.
void Collector::look_after_targets() {
    count_code_pages();
    const std::vector<Vanished> vanished = vanished_targets(monotonic_ns());
    drain();
    for (const Vanished& one : vanished) end_vanished(one);
    replace_lost_probes();
    compare_claims(monotonic_ns());
    watch_overhead(monotonic_ns());
}

void Collector::count_started(const Started& started) {
    const auto stats = stats_of_points_.find(started.point);
    if (stats != stats_of_points_.end()) {
        ++stats->second->executions;
        if (started.id_unreadable) ++stats->second->ids_unreadable;
    }
    const auto target = targets_.find(started.tgid);
    if (target == targets_.end() || ++target->second.executions[started.point] > 1) return;
    target->second.seen_points[point_names_[started.point]] = started.point;
    reports_outdated_ = true;
}

PointStats& Collector::stats_of(const std::string& profile, const std::string& point) {
    PointStats& stats = point_stats_[{profile, point}];
    stats.profile = profile;
    stats.point = point;
    return stats;
}

void Collector::know_points(const std::vector<Profile>& profiles) {
    for (const Profile& profile : profiles)
        for (const Point& point : profile.points) stats_of(profile.name, point.name);
}

void Collector::replace_profiles(std::vector<Profile> profiles) {
    know_points(profiles);
    planner_.replace_profiles(std::move(profiles));
}

void Collector::count_open_executions() {
    const std::uint64_t now_ns = monotonic_ns();
    if (now_ns < next_open_count_ns_) return;
    next_open_count_ns_ = now_ns + kOpenCountPeriod;
    stats_.tables.open_executions = 0;
    bpf_->for_each_open([this](const BpfObject::OpenEntry&) { ++stats_.tables.open_executions; });
}

void Collector::measure_tables() {
    count_open_executions();
    stats_.tables.most_open_executions = bpf_->most_open();
    stats_.tables.events_buffer_bytes = bpf_->ring_bytes();
    stats_.tables.events_buffer_used_bytes = buffer_peak_.value(monotonic_ns());
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
    stats.lost[LostReason::kOpenMapShare] = counters.lost_open_share;
    stats.lost[LostReason::kEndBufferFull] = counters.lost_late_full;
    stats.ids_unreadable = counters.unreadable;
    stats.hits_unattributed = counters.no_thread_state;
    return stats;
}

void Collector::count_points() {
    stats_.points = {};
    for (const auto& [tgid, target] : targets_)
        for (const PlannedPoint& point : target.plan.points) ++stats_.points[state_of(target, point)];
    stats_.point_executions.clear();
    for (const auto& [name, stats] : point_stats_) stats_.point_executions.push_back(stats);
}

void Collector::publish_statistics() {
    measure_tables();
    const Registry& probes = attacher_->probes();
    stats_.probes.clear();
    Tally<LostReason> lost;
    lost[LostReason::kMalformed] = stats_.events_lost[LostReason::kMalformed];
    for (std::uint32_t i = 0; i < probes.first() + probes.texts().size(); i++) {
        stats_.probes.push_back(probe_stats(i));
        lost += stats_.probes.back().lost;
    }
    stats_.events_lost = lost;
    find_critical_paths();
    stats_.targets[TargetState::kAttached] = targets_.size();
    stats_.targets[TargetState::kFailed] = refusals_.all().size();
    count_points();
    sum_overhead();
    metrics_.update(stats_);
    publish_reports();
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "daemon/collector.h"

#include "attach/kernel/hardware_watch.h"
#include "base/clock.h"

namespace flowtap {

Result<std::unique_ptr<Collector>> Collector::make(BpfObject::Options options,
                                                   const std::vector<Profile>& profiles, Metrics& metrics,
                                                   const PlanSettings& settings) {
    const MachineFacts& machine = settings.machine;
    options.links_many = machine.proven(KernelMechanism::kUprobeMulti);
    std::unique_ptr<Collector> collector(new Collector(profiles, metrics, settings));
    Collector& made = *collector;
    Result<std::unique_ptr<EventPump>> pump = EventPump::make(
        options, metrics, made.statistics_.counts(),
        {.program_ended = [&made](std::uint32_t tgid,
                                  std::uint64_t time_ns) { made.registry_->note_end(tgid, time_ns); },
         .started = [&made](const Started& started) { made.registry_->count_started(started); }});
    if (!pump) return pump.error();
    if (!machine.untried.empty()) {
        return Error{"try", "this machine's mechanisms", machine.untried, "see flowtap check",
                     Error::Kind::kEnvironment};
    }
    made.statistics_.counts().machine = machine;
    made.pump_ = std::move(*pump);
    made.attacher_ = std::make_unique<Attacher>(made.pump_->kernel());
    made.overhead_ = std::make_unique<OverheadWatch>(made.processes_, *made.attacher_, machine.prices);
    const TargetRegistry::Parts parts{made.processes_, *made.attacher_,  *made.pump_,
                                      *made.overhead_, made.statistics_, metrics};
    made.registry_ = std::make_unique<TargetRegistry>(parts, made.planner_);
    made.extender_ = std::make_unique<TargetExtender>(parts, *made.registry_, made.planner_);
    made.publish_statistics();
    return collector;
}

Collector::Collector(const std::vector<Profile>& profiles, Metrics& metrics, const PlanSettings& settings)
    : metrics_(metrics), planner_(profiles, settings) {
    statistics_.add_points(profiles);
}

LaterNeeds Collector::later_needs() const {
    const BpfObject& bpf = pump_->kernel();
    return {.tables = bpf.needs_cap_bpf(),
            .perf_events = !bpf.links_many(Program::kNativeEntry) || planner_.asks_for_return_probes(),
            .watches = planner_.asks_for_watches() ? privilege_of_watches() : WatchPrivilege::kNone};
}

void Collector::replace_profiles(std::vector<Profile> profiles, const PlanWishes& wishes) {
    statistics_.add_points(profiles);
    planner_.replace_profiles(std::move(profiles), wishes);
}

void Collector::note_reload(bool successful, double now_s) {
    statistics_.counts().config_last_reload_successful = successful;
    if (successful) statistics_.counts().config_last_reload_success_s = now_s;
}

// Notes which processes have vanished before the drain, so that all their events are read when they are
// retired.
void Collector::poll_targets() {
    registry_->count_code_pages();
    const auto vanished = registry_->find_vanished(monotonic_ns());
    drain();
    registry_->end_vanished(vanished);
    extender_->replace_lost_probes();
    extender_->compare_claims(monotonic_ns());
    if (overhead_->watch(monotonic_ns()) && processes_.target_count() > 0) registry_->outdate_reports();
}

void Collector::publish_statistics() {
    const std::uint64_t now_ns = monotonic_ns();
    CollectorStats& counts = statistics_.counts();
    statistics_.read_kernel(pump_->kernel(), attacher_->probes(), now_ns);
    counts.tables.events_buffer_used_bytes = pump_->recent_ring_bytes(now_ns);
    pump_->decide_critical_paths(counts.events_lost.total());
    statistics_.count_targets(processes_);
    overhead_->add_to(counts);
    metrics_.update(counts);
    registry_->publish_reports();
}

}  // namespace flowtap

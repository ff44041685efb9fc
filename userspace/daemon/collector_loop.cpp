// SPDX-License-Identifier: Apache-2.0
#include "daemon/collector_loop.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "budget/decision_text.h"
#include "daemon/periods.h"
#include "daemon/turn_budget.h"

namespace flowtap {
namespace {

std::string process_text(pid_t pid) { return "process " + std::to_string(pid); }

void call(const std::function<void()>& hook) {
    if (hook) hook();
}

}  // namespace

CollectorLoop::CollectorLoop(std::unique_ptr<Collector> collector, Discovery discovery, Metrics& metrics,
                             Hooks hooks)
    : collector_(std::move(collector)),
      metrics_(metrics),
      hooks_(std::move(hooks)),
      finder_(*collector_, std::move(discovery),
              [this](const CandidateProcess& candidate, std::optional<std::uint64_t> gap_ns) {
                  if (hooks_.attached) hooks_.attached(candidate, gap_ns);
              }) {}

CollectorLoop::~CollectorLoop() { collector_->registry().detach_all(); }

Result<void> CollectorLoop::attach(const std::vector<pid_t>& named, const std::function<void()>& meanwhile) {
    named_ = named;
    for (const pid_t pid : named)
        if (Result<void> done = finder_.choose(pid); !done) return done;
    poll();
    while (finder_.busy()) {
        call(meanwhile);
        turn();
    }
    return {};
}

Result<void> CollectorLoop::start(EventLoop& loop) {
    Result<void> done = loop.on_readable(collector_->event_fd(), [this] { turn(); });
    if (done) done = loop.every(kDrainPeriod, [this] { turn(); });
    if (done) done = loop.every(kPollPeriod, [this] { poll(); });
    return done;
}

void CollectorLoop::turn() {
    call(hooks_.before_turn);
    collector_->drain();
    finder_.poll(monotonic_ns());
    collector_->extend_targets(monotonic_ns());
    compare_some();
    attach_again();
    for (const std::string& line : collector_->registry().take_log_lines()) log(line);
    call(hooks_.after_turn);
}

void CollectorLoop::poll() {
    collector_->poll_targets();
    keep_within_budget();
    metrics_.expire(monotonic_ns());
    some_detached_ = collector_->registry().note_detached() || some_detached_;
    attach_again();
    finder_.poll(monotonic_ns());
    call(hooks_.after_poll);
    collector_->publish_statistics();
}

void CollectorLoop::keep_within_budget() {
    for (const auto& [pid, decision] : collector_->overhead().take_changes()) {
        log(process_text(pid) + ": " + decision_text(decision));
        collector_->registry().release(pid, true);
    }
}

void CollectorLoop::keep_only(const std::function<bool(pid_t)>& wanted, std::vector<pid_t> named) {
    named_ = std::move(named);
    ProcessTable& processes = collector_->processes();
    const auto is_unwanted = [&](const WatchedProcess& one) {
        return one.state() != ProcessState::kCandidate && one.state() != ProcessState::kWaiting &&
               !wanted(one.pid());
    };
    for (const pid_t pid : processes.pids(is_unwanted)) {
        WatchedProcess& process = processes.entry(pid);
        process.attach_again = false;
        if (process.state() == ProcessState::kDetached) {
            processes.apply(pid, ProcessEvent::kForgotten);
        } else if (process.has_probes()) {
            collector_->registry().release(pid, false);
            log("detached from " + process_text(pid) + ": the configuration no longer selects it");
        }
    }
}

void CollectorLoop::compare_with_profiles() {
    for (WatchedProcess& process : collector_->processes().all())
        process.to_be_compared = process.has_probes();
    some_to_compare_ = true;
    compare_some();
}

void CollectorLoop::compare_some() {
    if (!some_to_compare_) return;
    const auto waits = [](const WatchedProcess& one) { return one.to_be_compared; };
    const std::uint64_t end_ns = monotonic_ns() + kLongestTurn;
    for (const pid_t pid : collector_->processes().pids(waits)) {
        if (monotonic_ns() >= end_ns) return;
        collector_->processes().entry(pid).to_be_compared = false;
        if (!collector_->registry().is_outdated(pid)) continue;
        collector_->registry().release(pid, true);
        log(process_text(pid) + ": the configuration changed its points: attaching again");
    }
    some_to_compare_ = false;
}

void CollectorLoop::attach_again() {
    if (!some_detached_) return;
    const auto is_free = [](const WatchedProcess& one) { return one.state() == ProcessState::kDetached; };
    const std::uint64_t end_ns = monotonic_ns() + kLongestTurn;
    for (const pid_t pid : collector_->processes().pids(is_free)) {
        if (monotonic_ns() >= end_ns) return;
        TargetRegistry& registry = collector_->registry();
        Result<void> done = is_named(pid) ? finder_.choose(pid) : registry.add(pid);
        if (!done) {
            log(done.error().message());
            if (collector_->processes().state_of(pid) == ProcessState::kDetached) registry.forget(pid);
        } else if (!is_named(pid) && hooks_.attached) {
            hooks_.attached({pid, {}, 0}, {});
        }
    }
    some_detached_ = false;
}

bool CollectorLoop::is_named(pid_t pid) const { return std::ranges::find(named_, pid) != named_.end(); }

void CollectorLoop::choose_or_log(pid_t pid) {
    if (Result<void> done = finder_.choose(pid); !done) log(done.error().message());
}

}  // namespace flowtap

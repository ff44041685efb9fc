// SPDX-License-Identifier: Apache-2.0
#include "daemon/target_finder.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "daemon/turn_budget.h"
#include "process/cpu_time.h"
#include "process/process_facts.h"

namespace flowtap {
namespace {

// The kernel reports every process. Searching /proc only finds those whose report was lost.
constexpr std::uint64_t kSearchPeriod = std::chrono::nanoseconds(std::chrono::seconds(30)).count();

// A process that is starting may not fit yet.
constexpr std::uint64_t kMayBeStarting = std::chrono::nanoseconds(std::chrono::seconds(1)).count();

constexpr std::uint64_t kPauseWhileFull = std::chrono::nanoseconds(std::chrono::minutes(10)).count();

}  // namespace

TargetFinder::TargetFinder(Collector& collector, Discovery discovery, OnAttached on_attached)
    : collector_(collector), discovery_(std::move(discovery)), on_attached_(std::move(on_attached)) {
    collector_.watch_starts(discovery_.searches());
}

void TargetFinder::search(Discovery discovery) {
    discovery_ = std::move(discovery);
    collector_.watch_starts(discovery_.searches());
    forget_waiting_if([](const WatchedProcess&) { return true; });
    queue_.clear();
    next_search_ns_ = 0;
}

// If the process is still being detached from, it is attached to once its last probe is gone.
Result<void> TargetFinder::choose(pid_t pid) {
    WatchedProcess* process = collector_.processes().find(pid);
    if (process != nullptr && process->state() == ProcessState::kDetaching) {
        process->attach_again = true;
        return {};
    }
    if (!collector_.attached(pid)) {
        if (Result<void> done = collector_.registry().add(pid); !done) {
            collector_.registry().count_failure(collector_.registry().last_failure());
            return done;
        }
        on_attached_({pid, {}, 0}, {});
    }
    discovery_.choose(pid);
    return {};
}

void TargetFinder::note_starts(std::uint64_t now_ns) {
    for (const ft_start& start : collector_.take_starts()) {
        const auto pid = static_cast<pid_t>(start.tgid);
        collector_.registry().note_start(pid);
        if (start.kind == FT_START_EXEC) {
            discovery_.became_another_program(pid, start.time_ns);
        } else {
            const auto parent = static_cast<pid_t>(start.parent);
            if (!discovery_.searches()) collector_.registry().restore_copy(pid, parent);
            discovery_.forked(pid, parent, start.time_ns);
        }
    }
    const std::uint64_t lost = collector_.starts_lost();
    if (lost == starts_lost_ && now_ns < next_search_ns_) return;
    starts_lost_ = lost;
    next_search_ns_ = now_ns + kSearchPeriod;
    discovery_.search_proc(now_ns);
    forget_waiting_if([this](const WatchedProcess& one) { return !discovery_.waits(one.pid()); });
}

void TargetFinder::poll(std::uint64_t now_ns) {
    note_starts(now_ns);
    poll_imports(now_ns);
    poll_libraries(now_ns);
    queue(discovery_.due(now_ns));
    for (const pid_t parent : discovery_.take_copies_gone()) collector_.registry().count_copy_gone(parent);
    const std::uint64_t end_ns = monotonic_ns() + kLongestTurn;
    while (!queue_.empty() && monotonic_ns() < end_ns) {
        const CandidateProcess candidate = queue_.front();
        queue_.pop_front();
        attempt(candidate);
    }
}

// Tries copies of targets first: they are already running, and attaching to them is cheap.
void TargetFinder::queue(const std::vector<CandidateProcess>& due) {
    for (const CandidateProcess& candidate : due) {
        if (candidate.copy_of) {
            queue_.push_front(candidate);
        } else if (std::ranges::find(queue_, candidate.pid, &CandidateProcess::pid) == queue_.end()) {
            queue_.push_back(candidate);
        }
    }
}

// If the process is already a target, these rules have nothing to add, unless the candidate began after the
// attach: then the attachment belongs to the previous program of the PID.
void TargetFinder::attempt(const CandidateProcess& candidate) {
    TargetRegistry& registry = collector_.registry();
    const pid_t pid = candidate.pid;
    if (collector_.processes().state_of(pid) == ProcessState::kDetaching) return;
    if (registry.planned_since(pid, candidate.began_ns)) return discovery_.attached(pid);
    registry.retire(pid);
    if (cannot_fit_yet(pid)) return;
    const std::optional<std::uint64_t> cpu_ns = cpu_time_of(pid);
    Result<void> done = Error{};
    if (candidate.copy_of) done = registry.add_copy(pid, *candidate.copy_of);
    if (!done) done = registry.add(pid);
    if (!done && candidate.copy_of && is_ending(pid)) return registry.count_copy_gone(*candidate.copy_of);
    if (!done) return note_refused(pid, done.error(), cpu_ns);
    discovery_.attached(pid);
    const auto gap =
        candidate.began_ns == 0 ? std::nullopt : std::optional(monotonic_ns() - candidate.began_ns);
    if (candidate.copy_of && gap) registry.count_late_copy(pid, *gap);
    on_attached_(candidate, gap);
}

// A process that did not fit cannot fit before it has run again. One that exceeded its limits is tried later.
bool TargetFinder::cannot_fit_yet(pid_t pid) const {
    const WatchedProcess* process = collector_.processes().find(pid);
    if (process == nullptr || !process->waiting) return false;
    if (monotonic_ns() < process->waiting->not_before_ns) return true;
    return process->waiting->cpu_ns && process->waiting->cpu_ns == cpu_time_of(pid);
}

void TargetFinder::note_refused(pid_t pid, const Error& error, std::optional<std::uint64_t> cpu_ns) {
    const std::uint64_t now_ns = monotonic_ns();
    TargetRegistry& registry = collector_.registry();
    WatchedProcess& process = collector_.processes().entry(pid);
    process.apply(ProcessEvent::kRefused);
    if (!process.waiting) process.waiting.emplace().first_refused_ns = now_ns;
    WaitingProcess& waiting = *process.waiting;
    waiting.code_pages = registry.code_pages(pid);
    waiting.tried_ns = now_ns;
    waiting.tried_cpu_ns = cpu_ns;
    waiting.cpu_ns.reset();
    const AttachFailure failure = registry.last_failure();
    if (failure == AttachFailure::kLimit) waiting.not_before_ns = now_ns + kPauseWhileFull;
    if (failure != AttachFailure::kNoProfile) return registry.note_refusal(pid, failure, error);
    if (!waiting.interpreter) {
        Result<std::optional<IdleInterpreter>> found = collector_.idle_interpreter(pid);
        waiting.unsupported = found ? std::nullopt : std::optional(found.error());
        if (found && *found) waiting.interpreter.emplace(std::move(**found));
    }
    note_unfit(pid, waiting, error);
}

// A process that may be starting is given a second. After that, it is counted if it has not run since. A
// Python process that has imported no module of a profile yet has not failed; nor, with --all, has a process
// that no profile fits.
void TargetFinder::note_unfit(pid_t pid, WaitingProcess& waiting, const Error& error) {
    if (waiting.tried_ns < waiting.first_refused_ns + kMayBeStarting) return;
    waiting.cpu_ns = waiting.tried_cpu_ns;
    if (has_ended(pid)) return;
    TargetRegistry& registry = collector_.registry();
    if (waiting.unsupported)
        return registry.note_refusal(pid, AttachFailure::kUnsupportedInterpreter, *waiting.unsupported);
    if (!waiting.interpreter && !discovery_.takes_all())
        registry.note_refusal(pid, AttachFailure::kNoProfile, error);
}

void TargetFinder::forget_waiting_if(const std::function<bool(const WatchedProcess&)>& unwanted) {
    const auto is_unwanted = [&](const WatchedProcess& one) { return one.waiting && unwanted(one); };
    for (const pid_t pid : collector_.processes().pids(is_unwanted)) collector_.registry().forget(pid);
}

void TargetFinder::poll_imports(std::uint64_t now_ns) {
    std::vector<WatchedProcess*> idle;
    for (WatchedProcess& process : collector_.processes().all())
        if (process.waiting && process.waiting->interpreter) idle.push_back(&process);
    for (WatchedProcess* process : idle) {
        const IdleInterpreter& interpreter = *process->waiting->interpreter;
        if (process->waiting->imports.due(interpreter.modules, interpreter.memory, idle.size(), now_ns))
            discovery_.changed(process->pid(), now_ns);
    }
}

// A library that was loaded between the last count and the try causes one more try. A process that has ended
// is forgotten at once, because files that are open for it keep its container's file system busy.
void TargetFinder::poll_libraries(std::uint64_t now_ns) {
    TargetRegistry& registry = collector_.registry();
    forget_waiting_if([&](const WatchedProcess& one) {
        return registry.code_pages(one.pid()) == 0 && one.waiting->tried_ns < registry.code_pages_ns();
    });
    for (WatchedProcess& process : collector_.processes().all()) {
        if (!process.waiting) continue;
        const std::uint32_t pages = registry.code_pages(process.pid());
        if (pages == process.waiting->code_pages) continue;
        process.waiting->code_pages = pages;
        discovery_.loaded(process.pid(), now_ns);
    }
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "daemon/target_finder.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "process/cpu_time.h"
#include "process/process_facts.h"

namespace flowtap {
namespace {

// The kernel tells of every process; looking through /proc only makes up for what it could not tell.
constexpr std::uint64_t kSearchPeriod = std::chrono::nanoseconds(std::chrono::seconds(30)).count();

// A process that is starting need not fit yet.
constexpr std::uint64_t kMayBeStarting = std::chrono::nanoseconds(std::chrono::seconds(1)).count();

constexpr std::uint64_t kPauseWhileFull = std::chrono::nanoseconds(std::chrono::minutes(10)).count();

constexpr std::uint64_t kLongestLook = std::chrono::nanoseconds(std::chrono::milliseconds(20)).count();

}  // namespace

TargetFinder::TargetFinder(Collector& collector, Discovery discovery, OnAttached on_attached)
    : collector_(collector), discovery_(std::move(discovery)), on_attached_(std::move(on_attached)) {
    collector_.watch_starts(discovery_.searches());
}

void TargetFinder::search(Discovery discovery) {
    discovery_ = std::move(discovery);
    collector_.watch_starts(discovery_.searches());
    forget_if([](pid_t, const Waiting&) { return true; });
    queue_.clear();
    next_search_ns_ = 0;
}

Result<void> TargetFinder::choose(pid_t pid) {
    if (!collector_.attached(pid)) {
        if (Result<void> done = collector_.add_target(pid); !done) {
            collector_.count_failure(collector_.last_failure());
            return done;
        }
        on_attached_({pid, {}, 0}, {});
    }
    discovery_.choose(pid);
    return {};
}

void TargetFinder::hear(std::uint64_t now_ns) {
    for (const ft_start& start : collector_.take_starts()) {
        const auto pid = static_cast<pid_t>(start.tgid);
        forget(pid);
        if (start.kind == FT_START_EXEC) {
            discovery_.became_another_program(pid, start.time_ns);
        } else {
            const auto parent = static_cast<pid_t>(start.parent);
            if (!discovery_.searches()) collector_.leave_copy_alone(pid, parent);
            discovery_.forked(pid, parent, start.time_ns);
        }
    }
    const std::uint64_t lost = collector_.starts_lost();
    if (lost == starts_lost_ && now_ns < next_search_ns_) return;
    starts_lost_ = lost;
    next_search_ns_ = now_ns + kSearchPeriod;
    discovery_.look_through(now_ns);
    forget_if([this](pid_t pid, const Waiting&) { return !discovery_.waits(pid); });
}

void TargetFinder::look(std::uint64_t now_ns) {
    hear(now_ns);
    watch_imports(now_ns);
    watch_libraries(now_ns);
    queue(discovery_.due(now_ns));
    for (std::uint64_t gone = discovery_.take_copies_gone(); gone > 0; --gone)
        collector_.count_failure(AttachFailure::kCopyGone);
    const std::uint64_t end_ns = monotonic_ns() + kLongestLook;
    while (!queue_.empty() && monotonic_ns() < end_ns) {
        const Prospect prospect = queue_.front();
        queue_.pop_front();
        attempt(prospect);
    }
}

// Copies of targets first: they run already, and cost little.
void TargetFinder::queue(const std::vector<Prospect>& due) {
    for (const Prospect& prospect : due) {
        if (prospect.copy_of) {
            queue_.push_front(prospect);
        } else if (std::ranges::find(queue_, prospect.pid, &Prospect::pid) == queue_.end()) {
            queue_.push_back(prospect);
        }
    }
}

// What is attached already was found before the rules were, unless it began anew after that.
void TargetFinder::attempt(const Prospect& prospect) {
    if (collector_.leaving(prospect.pid)) return;
    if (collector_.planned_since(prospect.pid, prospect.began_ns)) return discovery_.settled(prospect.pid);
    if (has_not_run(prospect.pid)) return;
    const std::optional<std::uint64_t> cpu_ns = cpu_time_of(prospect.pid);
    Result<void> done = Error{};
    if (prospect.copy_of) done = collector_.add_copy(prospect.pid, *prospect.copy_of);
    if (!done) done = collector_.add_target(prospect.pid);
    if (!done && prospect.copy_of && has_ended(prospect.pid))
        return collector_.count_failure(AttachFailure::kCopyGone);
    if (!done) return refused(prospect.pid, done.error(), cpu_ns);
    discovery_.settled(prospect.pid);
    waiting_.erase(prospect.pid);
    const auto gap =
        prospect.began_ns == 0 ? std::nullopt : std::optional(monotonic_ns() - prospect.began_ns);
    on_attached_(prospect, gap);
}

// What did not fit does not fit now if it has not run since; what took too much is given time.
bool TargetFinder::has_not_run(pid_t pid) const {
    const auto waiting = waiting_.find(pid);
    if (waiting == waiting_.end()) return false;
    if (monotonic_ns() < waiting->second.not_before) return true;
    return waiting->second.cpu_ns && waiting->second.cpu_ns == cpu_time_of(pid);
}

void TargetFinder::refused(pid_t pid, const Error& error, std::optional<std::uint64_t> cpu_ns) {
    const std::uint64_t now_ns = monotonic_ns();
    Waiting& waiting = waiting_[pid];
    if (waiting.first_ns == 0) waiting.first_ns = now_ns;
    waiting.code_pages = collector_.code_pages(pid);
    waiting.tried_ns = now_ns;
    waiting.tried_cpu_ns = cpu_ns;
    waiting.cpu_ns.reset();
    const AttachFailure failure = collector_.last_failure();
    if (failure == AttachFailure::kLimit) waiting.not_before = now_ns + kPauseWhileFull;
    if (failure != AttachFailure::kNoProfile) return collector_.note_refusal(pid, failure, error);
    if (!waiting.interpreter) {
        Result<std::optional<IdleInterpreter>> found = collector_.idle_interpreter(pid);
        waiting.unsupported = found ? std::nullopt : std::optional(found.error());
        if (found && *found) waiting.interpreter.emplace(std::move(**found));
    }
    note_unfit(pid, waiting, error);
}

// A process may be starting: it is given a second, and then counts if it has not run. A Python process that
// has imported nothing of a profile yet is none that failed; nor is, with --all, one that no profile fits.
void TargetFinder::note_unfit(pid_t pid, Waiting& waiting, const Error& error) {
    if (waiting.tried_ns < waiting.first_ns + kMayBeStarting) return;
    waiting.cpu_ns = waiting.tried_cpu_ns;
    if (has_ended(pid)) return;
    if (waiting.unsupported)
        return collector_.note_refusal(pid, AttachFailure::kUnsupportedInterpreter, *waiting.unsupported);
    if (!waiting.interpreter && !discovery_.takes_all())
        collector_.note_refusal(pid, AttachFailure::kNoProfile, error);
}

void TargetFinder::forget(pid_t pid) {
    waiting_.erase(pid);
    collector_.forget_refusal(pid);
}

void TargetFinder::forget_if(const std::function<bool(pid_t, const Waiting&)>& unwanted) {
    std::erase_if(waiting_, [&](const auto& one) {
        if (!unwanted(one.first, one.second)) return false;
        collector_.forget_refusal(one.first);
        return true;
    });
}

void TargetFinder::watch_imports(std::uint64_t now_ns) {
    for (auto& [pid, waiting] : waiting_) {
        if (!waiting.interpreter) continue;
        if (waiting.imports.due(waiting.interpreter->modules, waiting.interpreter->memory, now_ns))
            discovery_.changed(pid, now_ns);
    }
}

// A library that was loaded between the last count and the try makes for one more try. One that has ended is
// let go: what is open of it keeps its container's file system busy.
void TargetFinder::watch_libraries(std::uint64_t now_ns) {
    forget_if([this](pid_t pid, const Waiting& waiting) {
        return collector_.code_pages(pid) == 0 && waiting.tried_ns < collector_.code_pages_ns();
    });
    for (auto& [pid, waiting] : waiting_) {
        const std::uint32_t pages = collector_.code_pages(pid);
        if (pages == waiting.code_pages) continue;
        waiting.code_pages = pages;
        discovery_.loaded(pid, now_ns);
    }
}

}  // namespace flowtap

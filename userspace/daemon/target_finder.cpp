// SPDX-License-Identifier: Apache-2.0
#include "daemon/target_finder.h"

#include <algorithm>
#include <chrono>

#include "daemon/clock.h"

namespace flowtap {
namespace {

// The kernel tells of every process; looking through /proc only makes up for what it could not tell.
constexpr std::uint64_t kSearchPeriod = std::chrono::nanoseconds(std::chrono::seconds(30)).count();

constexpr std::uint64_t kLongestLook = std::chrono::nanoseconds(std::chrono::milliseconds(20)).count();

}  // namespace

TargetFinder::TargetFinder(Collector& collector, Discovery discovery, OnAttached on_attached)
    : collector_(collector), discovery_(std::move(discovery)), on_attached_(std::move(on_attached)) {
    collector_.watch_starts(discovery_.searches());
}

void TargetFinder::search(Discovery discovery) {
    discovery_ = std::move(discovery);
    collector_.watch_starts(discovery_.searches());
    waiting_.clear();
    queue_.clear();
    next_search_ns_ = 0;
}

Result<void> TargetFinder::choose(pid_t pid) {
    if (!collector_.attached(pid)) {
        if (Result<void> done = collector_.add_target(pid); !done) {
            collector_.count_failure(pid, done.error());
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
        waiting_.erase(pid);
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
    std::erase_if(waiting_, [this](const auto& one) { return !discovery_.waits(one.first); });
}

void TargetFinder::look(std::uint64_t now_ns) {
    hear(now_ns);
    watch_imports(now_ns);
    watch_libraries(now_ns);
    queue(discovery_.due(now_ns));
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
    Result<void> done = Error{};
    if (prospect.copy_of) done = collector_.add_copy(prospect.pid, *prospect.copy_of);
    if (!done) done = collector_.add_target(prospect.pid);
    if (!done) return refused(prospect.pid, done.error());
    discovery_.settled(prospect.pid);
    waiting_.erase(prospect.pid);
    const auto gap =
        prospect.began_ns == 0 ? std::nullopt : std::optional(monotonic_ns() - prospect.began_ns);
    on_attached_(prospect, gap);
}

// With --all, that no profile fits a process is no failure; else each process counts once.
void TargetFinder::refused(pid_t pid, const Error& error) {
    Waiting& waiting = waiting_[pid];
    waiting.code_pages = collector_.code_pages(pid);
    waiting.tried_ns = monotonic_ns();
    if (!waiting.counted && (!discovery_.takes_all() || error.kind != Error::Kind::kNoTarget)) {
        waiting.counted = true;
        collector_.count_failure(pid, error);
    }
    if (!waiting.interpreter) waiting.interpreter = collector_.idle_interpreter(pid);
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
    std::erase_if(waiting_, [this](const auto& one) {
        return collector_.code_pages(one.first) == 0 && one.second.tried_ns < collector_.code_pages_ns();
    });
    for (auto& [pid, waiting] : waiting_) {
        const std::uint32_t pages = collector_.code_pages(pid);
        if (pages == waiting.code_pages) continue;
        waiting.code_pages = pages;
        discovery_.loaded(pid, now_ns);
    }
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// Which processes the daemon is attached to.
#include <algorithm>
#include <ostream>

#include "cli/daemon.h"
#include "daemon/clock.h"

namespace flowtap {

Result<void> Daemon::attach_named() {
    for (pid_t pid : settings_.options.pids)
        if (Result<void> done = finder_->choose(pid); !done) return done;
    return {};
}

void Daemon::say_attached(const Prospect& prospect, std::optional<std::uint64_t> gap_ns) {
    log_ << "flowtap: attached to process " << prospect.pid;
    if (gap_ns) {
        if (prospect.copy_of) log_ << ", a copy of process " << *prospect.copy_of;
        log_ << "; its first " << *gap_ns / 1'000'000 << " ms were not seen";
    }
    log_ << std::endl;
    say_unobserved(prospect.pid);
}

// Nobody should learn from missing numbers what is not observed.
void Daemon::say_unobserved(pid_t pid) {
    for (const std::string& line : collector_->report(pid).unobserved)
        log_ << "flowtap: process " << pid << ": not observed: " << line << std::endl;
    for (const std::string& line : collector_->report(pid).inexact)
        log_ << "flowtap: process " << pid << ": not exact: " << line << std::endl;
}

void Daemon::look_around() {
    collector_->look_after_targets();
    metrics_.expire(monotonic_ns());
    activity_.forget(monotonic_ns());
    attach_again();
    finder_->look(monotonic_ns());
    collector_->publish_statistics();
}

void Daemon::attach_again() {
    for (pid_t pid : collector_->released()) {
        if (again_.erase(pid) == 0) continue;
        const bool chosen = std::ranges::find(settings_.options.pids, pid) != settings_.options.pids.end();
        Result<void> done = chosen ? finder_->choose(pid) : collector_->add_target(pid);
        if (!done) log_ << "flowtap: " << done.error().message() << std::endl;
        if (done && !chosen) say_attached({pid, {}, 0}, {});
    }
}

void Daemon::choose_or_say(pid_t pid) {
    if (Result<void> done = finder_->choose(pid); !done)
        log_ << "flowtap: " << done.error().message() << std::endl;
}

}  // namespace flowtap

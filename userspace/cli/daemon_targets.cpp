// SPDX-License-Identifier: Apache-2.0
// Which processes the daemon is attached to.
#include <ostream>

#include "cli/daemon.h"
#include "daemon/clock.h"

namespace flowtap {

Result<void> Daemon::attach_named() {
    for (pid_t pid : settings_.options.pids) {
        if (Result<void> done = collector_->add_target(pid); !done) return done;
        say_attached(pid);
    }
    return {};
}

// With what is not observed: nobody should learn that from missing numbers.
void Daemon::say_attached(pid_t pid) {
    log_ << "flowtap: attached to process " << pid << std::endl;
    for (const TargetReport& report : collector_->reports()) {
        if (report.pid != pid) continue;
        for (const std::string& line : report.unobserved) {
            log_ << "flowtap: process " << pid << ": not observed: " << line << std::endl;
        }
    }
}

void Daemon::look_around() {
    collector_->look_after_targets();
    metrics_.expire(monotonic_ns());
    activity_.forget(monotonic_ns());
    attach_again();
    if (discovery_.enabled()) attach_discovered();
    collector_->publish_statistics();
}

void Daemon::attach_discovered() {
    for (pid_t pid : discovery_.due(monotonic_ns())) {
        if (again_.contains(pid)) continue;
        const bool new_one = !collector_->attached(pid);
        if (new_one && !collector_->add_target(pid)) continue;
        discovery_.settled(pid);
        if (new_one) say_attached(pid);
    }
}

void Daemon::attach_again() {
    for (pid_t pid : collector_->released())
        if (again_.erase(pid) != 0) attach_or_say(pid);
}

void Daemon::attach_or_say(pid_t pid) {
    if (Result<void> done = collector_->add_target(pid); !done) {
        log_ << "flowtap: " << done.error().message() << std::endl;
    } else {
        say_attached(pid);
    }
}

}  // namespace flowtap

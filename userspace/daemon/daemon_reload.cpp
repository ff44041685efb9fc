// SPDX-License-Identifier: Apache-2.0
// The configuration read again while the daemon runs.
#include <algorithm>

#include "base/clock.h"
#include "daemon/daemon.h"
#include "daemon/turn_budget.h"
#include "profile/same_meaning.h"
#include "settings/metrics_options.h"

namespace flowtap {
namespace {

// One line for all that is wrong.
std::string first_of(const Error& error) {
    if (error.others.empty()) return error.message();
    return error.message() + "; and " + std::to_string(error.others.size()) + " more (flowtap run --check)";
}

}  // namespace

Result<void> Daemon::reload() {
    Result<Settings> newer = load_settings(arguments_);
    Result<void> done;
    if (newer) {
        done = take(std::move(*newer));
    } else {
        done = newer.error();
    }
    collector_->note_reload(done.has_value(), unix_seconds());
    if (done) {
        log_.say("loaded the configuration again");
    } else {
        log_.say("kept the configuration in use: " + first_of(done.error()));
    }
    collector_->publish_statistics();
    return done;
}

// Which processes are watched, and with what: as if started with these settings, but that those which are
// watched in the same way before and after notice nothing.
Result<void> Daemon::take(Settings newer) {
    Result<Discovery> discovery = Discovery::make(newer.options.matches, newer.options.all);
    if (!discovery) return discovery.error();
    for (const char* name : fixed_changes(at_start_, newer.options)) {
        log_.say(std::string(name) + " stays as it was at the start: it cannot change while flowtap runs");
    }
    const std::vector<Profile> profiles_before = settings_.profiles;
    settings_ = std::move(newer);
    const MetricsConfig wanted = metrics_config(settings_.options);
    metrics_.set_bounds(wanted.limits, wanted.series_expiry_ns);
    finder_->search(std::move(*discovery));
    collector_->replace_profiles(settings_.profiles);
    collector_->limit_overhead(settings_.options.max_overhead);
    release_unwanted();
    refit_attached(profiles_before);
    for (pid_t pid : settings_.options.pids)
        if (!again_.contains(pid)) choose_or_say(pid);
    return {};
}

void Daemon::release_unwanted() {
    const auto wanted = [this](pid_t pid) {
        return std::ranges::find(settings_.options.pids, pid) != settings_.options.pids.end() ||
               finder_->discovery().wants(pid);
    };
    std::erase_if(again_, [&](pid_t pid) { return !wanted(pid); });
    std::erase_if(free_again_, [&](pid_t pid) { return !wanted(pid); });
    for (pid_t pid : collector_->attached_pids()) {
        if (wanted(pid)) continue;
        collector_->release(pid);
        log_.say("detached from process " + std::to_string(pid) +
                 ": the configuration does not name it any more");
    }
}

// Profiles that mean the same ask for the same points.
void Daemon::refit_attached(const std::vector<Profile>& before) {
    if (std::ranges::equal(before, settings_.profiles, same_profile)) return;
    for (pid_t pid : collector_->attached_pids()) to_refit_.insert(pid);
    refit_some();
}

// As far as it takes 20 ms: events must be received meanwhile.
void Daemon::refit_some() {
    const std::uint64_t end_ns = monotonic_ns() + kLongestTurn;
    while (!to_refit_.empty() && monotonic_ns() < end_ns) {
        const pid_t pid = *to_refit_.begin();
        to_refit_.erase(to_refit_.begin());
        if (!collector_->attached(pid) || !collector_->outdated(pid)) continue;
        collector_->release(pid);
        again_.insert(pid);
        log_.say("process " + std::to_string(pid) + ": other points are to be observed: attaching anew");
    }
}

}  // namespace flowtap

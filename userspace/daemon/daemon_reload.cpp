// SPDX-License-Identifier: Apache-2.0
// Reloads the configuration while the daemon runs.
#include <algorithm>

#include "base/clock.h"
#include "daemon/daemon.h"
#include "daemon/first_problem.h"
#include "profile/same_meaning.h"
#include "settings/metrics_options.h"

namespace flowtap {
Result<void> Daemon::reload() {
    Result<Settings> newer = load_settings(arguments_);
    Result<void> done;
    if (newer) {
        done = apply_settings(std::move(*newer));
    } else {
        done = newer.error();
    }
    loop_->collector().note_reload(done.has_value(), unix_seconds());
    if (done) {
        log_.write("reloaded the configuration");
    } else {
        log_.write("reload failed, the configuration is unchanged: " + first_problem(done.error()));
    }
    loop_->collector().publish_statistics();
    return done;
}

// Applies the new settings as if the daemon had been started with them. Targets that are observed in the same
// way before and after are left alone.
Result<void> Daemon::apply_settings(Settings newer) {
    Result<Discovery> discovery = Discovery::make(newer.options.matches, newer.options.all);
    if (!discovery) return discovery.error();
    for (const char* name : fixed_changes(at_start_, newer.options)) {
        log_.write(std::string(name) + " keeps its old value: restart flowtap to change it");
    }
    const std::vector<Profile> profiles_before = settings_.profiles;
    const PlanWishes wishes_before = settings_.options.wishes();
    settings_ = std::move(newer);
    const MetricsConfig wanted = metrics_config(settings_.options);
    metrics_.set_bounds(wanted.limits, wanted.series_expiry_ns);
    loop_->finder().search(std::move(*discovery));
    Collector& collector = loop_->collector();
    collector.replace_profiles(settings_.profiles, settings_.options.wishes());
    collector.overhead().limit(settings_.options.max_overhead);
    const std::vector<pid_t>& named = settings_.options.pids;
    const auto is_wanted = [&](pid_t pid) {
        return std::ranges::find(named, pid) != named.end() || loop_->finder().discovery().wants(pid);
    };
    loop_->keep_only(is_wanted, named);
    // Profiles with the same meaning plan the same points.
    if (wishes_before != settings_.options.wishes() ||
        !std::ranges::equal(profiles_before, settings_.profiles, same_profile))
        loop_->compare_with_profiles();
    for (const pid_t pid : named) loop_->choose_or_log(pid);
    return {};
}

}  // namespace flowtap

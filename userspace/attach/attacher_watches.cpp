// SPDX-License-Identifier: Apache-2.0
// The hardware watches of an attachment.
#include <algorithm>

#include "attach/attacher.h"
#include "attach/hardware_watch.h"

namespace flowtap {

using Table = BpfObject::Table;

Result<void> Attacher::add_watch(Attachment& attachment, const PlannedWatch& watch) {
    ft_watch value = {};
    value.site.probe = probes_.number_of(watch.name);
    value.site.point = FT_NO_POINT;
    value.code = watch.code;
    value.begin = watch.begin;
    value.size = watch.size;
    std::ranges::copy(watch.returns, value.returns);
    if (value.site.probe >= FT_MAX_PROBES)
        return Error{"count probe", watch.name, "too many different probes"};
    const ft_site_key key{watch.address, static_cast<__u32>(attachment.pid_), 0};
    if (Result<void> done = bpf_.put(Table::kWatches, bytes_of(key), bytes_of(value)); !done) return done;
    const int program =
        bpf_program__fd(bpf_.program(watch.is_end ? Program::kPythonWatchEnd : Program::kPythonWatchBegin));
    Result<std::vector<Fd>> events = watch_memory(
        attachment.pid_, watch.address, watch.is_end ? WatchFor::kWrites : WatchFor::kAccesses, program);
    if (!events) {
        bpf_.erase(Table::kWatches, bytes_of(key));
        return events.error();
    }
    attachment.watches_.emplace(watch.address, *std::move(events));
    return {};
}

// A thread has few: those of functions that are gone are given back.
void Attacher::drop_watches(Attachment& attachment, const Plan& plan) {
    std::erase_if(attachment.watches_, [&](const auto& held) {
        if (std::ranges::find(plan.watches, held.first, &PlannedWatch::address) != plan.watches.end())
            return false;
        bpf_.erase(Table::kWatches,
                   bytes_of(ft_site_key{held.first, static_cast<__u32>(attachment.pid_), 0}));
        return true;
    });
}

// Ends come before begins. Where one is refused, another tool may have taken it: what needs none goes on.
void Attacher::add_watches(Attachment& attachment, const Plan& plan) {
    attachment.refused_watches_.reset();
    drop_watches(attachment, plan);
    for (const bool ends : {true, false}) {
        for (const PlannedWatch& watch : plan.watches) {
            if (watch.is_end != ends || attachment.watches_.contains(watch.address)) continue;
            const Result<void> done = add_watch(attachment, watch);
            if (done) continue;
            attachment.refused_watches_ = done.error();
            return;
        }
    }
}

}  // namespace flowtap

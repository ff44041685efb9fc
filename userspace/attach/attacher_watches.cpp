// SPDX-License-Identifier: Apache-2.0
// The hardware watches of an attachment.
#include <algorithm>

#include "attach/attacher.h"

namespace flowtap {

using Table = Kernel::Table;

Result<void> Attacher::add_watch(Attachment& attachment, const PlannedWatch& watch) {
    Result<std::uint32_t> number = probe_number(watch.name);
    if (!number) return number.error();
    Result<Attachment::Numbered> own = take_number(watch.name, ProbeKind::kWatch);
    if (!own) return own.error();
    ft_watch value = {};
    value.site.tgid = static_cast<__u32>(attachment.pid_);
    value.site.number = *own->number;
    value.site.target = *attachment.parts_.target;
    value.site.probe = *number;
    value.site.point = FT_NO_POINT;
    value.code = watch.code;
    value.begin = watch.address;
    if (const auto* end = std::get_if<CallEnd>(&watch.of)) {
        value.begin = end->begin;
        value.size = end->size;
        std::ranges::copy(end->returns, value.returns);
    }
    const ft_site_key key{watch.address, static_cast<__u32>(attachment.pid_), 0};
    Result<void> done = attachment.entries_.put(Table::kWatches, bytes_of(key), bytes_of(value));
    if (!done) return done;
    Result<std::vector<Fd>> events =
        kernel_.watch(attachment.pid_, watch.address,
                      watch.is_end() ? Program::kPythonWatchEnd : Program::kPythonWatchBegin);
    if (!events) {
        attachment.entries_.erase(Table::kWatches, bytes_of(key));
        return events.error();
    }
    attachment.watches_.emplace(watch.address, *std::move(events));
    attachment.watch_numbers_.insert_or_assign(watch.address, *std::move(own));
    return {};
}

// A thread has few debug registers: releases those of functions that are gone.
void Attacher::drop_watches(Attachment& attachment, const Plan& plan) {
    std::erase_if(attachment.watches_, [&](const auto& held) {
        if (std::ranges::find(plan.watches, held.first, &PlannedWatch::address) != plan.watches.end())
            return false;
        const ft_site_key key{held.first, static_cast<__u32>(attachment.pid_), 0};
        attachment.entries_.erase(Table::kWatches, bytes_of(key));
        return true;
    });
}

// Sets ends before begins. The kernel may refuse one, for example because a debugger uses it; points without
// watches are still observed.
void Attacher::add_watches(Attachment& attachment, const Plan& plan) {
    attachment.refused_watches_.reset();
    drop_watches(attachment, plan);
    for (const bool ends : {true, false}) {
        for (const PlannedWatch& watch : plan.watches) {
            if (watch.is_end() != ends || attachment.watches_.contains(watch.address)) continue;
            const Result<void> done = add_watch(attachment, watch);
            if (done) continue;
            attachment.refused_watches_ = done.error();
            break;
        }
        if (attachment.refused_watches_) break;
    }
    attachment.entries_.commit();
}

}  // namespace flowtap

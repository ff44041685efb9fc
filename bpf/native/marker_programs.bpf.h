/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Executions that begin and end, or only end, at static markers that the engine's author placed, or at the
 * entries of two functions. Begin and end are paired by a number that both carry or, without one, by the
 * thread.
 */
#ifndef FLOWTAP_MARKER_PROGRAMS_BPF_H
#define FLOWTAP_MARKER_PROGRAMS_BPF_H

#include "execution.bpf.h"
#include "native/keys.bpf.h"
#include "native/native_programs.bpf.h"

SEC("uprobe/marker_begin")
int marker_begin(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    const struct ft_reads* read;
    __u64 key;

    if (!site) return 0;
    read = reads_of(site);
    if (!read) return 0;
    key = read_key(ctx, site, read);
    if (!key) return 0;
    begin_native(ctx, site, key, read->key.type == FT_VALUE_NONE ? FT_KEY_STACK : FT_KEY_OBJECT, 0,
                 bpf_ktime_get_ns());
    return 0;
}

SEC("uprobe/marker_end")
int marker_end(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    const struct ft_reads* read;
    struct ft_open* execution;
    __u64 result = 0;
    __u64 key;

    if (!site) return 0;
    read = reads_of(site);
    if (!read) return 0;
    key = read_key(ctx, site, read);
    if (!key) return 0;
    if (read->result.type != FT_VALUE_NONE && read_argument(ctx, &read->result, &result))
        COUNT(counters_of(site->probe), unreadable);
    execution = find_open(key);
    if (!execution)
        report_in_flight(site->probe, key, FT_KEY_OBJECT, site->point);
    else if (execution->point == site->point)
        end_native(site->probe, execution, key, 0, result);
    return 0;
}

/* One record for the whole execution: no begin whose end could get lost. */
SEC("uprobe/marker_done")
int marker_done(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_counters* count;
    const struct ft_reads* read;
    struct ft_done* event;
    __u64 result = 0;
    __u64 duration = 0;

    if (!site) return 0;
    count = counters_of(site->probe);
    read = reads_of(site);
    if (!read) return 0;
    event = reserve_record(site->probe, sizeof(*event));
    if (!event) return 0;
    fill_header(&event->begin.header, FT_EVENT_DONE, 0, FT_KEY_STACK, site->point);
    clear_begin(&event->begin);
    fill_native_ids(ctx, &event->begin, site);
    event->duration_known = read_argument(ctx, &read->duration, &duration) == 0;
    if (read->result.type != FT_VALUE_NONE && read_argument(ctx, &read->result, &result))
        COUNT(count, unreadable);
    event->duration_ns = duration;
    event->begin.header.status = status_of(site->failure, result);
    ft_text_clear(&event->error_type);
    if (event->begin.header.status == FT_STATUS_FAILED) fill_error_type(&event->error_type, NULL, result);
    bpf_ringbuf_submit(event, submit_flags());
    return 0;
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Calls whose executions are identified by a number among their arguments, and may continue on another
 * thread. At the return the arguments are gone, so the stack pointer at the entry, which is the same then,
 * leads to the number.
 */
#ifndef FLOWTAP_KEYED_PROGRAMS_BPF_H
#define FLOWTAP_KEYED_PROGRAMS_BPF_H

#include "execution.bpf.h"
#include "native/keys.bpf.h"
#include "native/native_programs.bpf.h"

/* Notes the key under the call's stack pointer. Returns enum ft_room. */
static __always_inline int note_call(const struct ft_site* site, __u64 stack, __u64 key, __u64 now) {
    struct ft_open_key open_key = {.key = stack, .tgid = current_tgid()};
    struct ft_open call = {};

    call.begin_ns = now;
    call.keyed = key;
    call.point = site->point;
    call.tid = bpf_get_current_pid_tgid();
    call.key_kind = FT_KEY_OBJECT;
    call.state = key ? FT_OPEN_CALL : FT_OPEN_IN_FLIGHT;
    call.target = site->target;
    return put_open(&open_key, &call);
}

SEC("uprobe/keyed_entry")
int keyed_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    const struct ft_reads* read;
    __u64 now = bpf_ktime_get_ns();
    __u64 stack;
    __u64 key;
    int room;

    if (!site) return 0;
    read = reads_of(site);
    if (!read) return 0;
    stack = PT_REGS_SP(ctx) + site->stack_adjust;
    key = read_key(ctx, site, read);
    room = note_call(site, stack, key, now);
    if (room != FT_ROOM) {
        COUNT(counters_of(site->probe), events);
        count_no_room(site->probe, room);
        return 0;
    }
    if (key) begin_native(ctx, site, key, FT_KEY_OBJECT, stack, now);
    return 0;
}

static __always_inline void end_call(const struct ft_site* site, __u64 stack, __u64 key, __u64 result) {
    struct ft_open* execution = find_open(key);

    /* The key was used again: this is another execution, and the daemon knows that the call's own has
     * ended. */
    if (!execution || execution->point != site->point || execution->stack != stack) return;
    end_native(site->probe, execution, key, site->exit_flags, result);
}

SEC("uprobe/keyed_exit")
int keyed_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_open* call;
    __u64 stack;
    __u64 key;

    if (!site) return 0;
    stack = PT_REGS_SP(ctx) + site->stack_adjust;
    call = find_open(stack);
    if (!call) {
        if (!(site->exit_flags & FT_EXIT_HANDED_ON))
            report_in_flight(site->probe, stack, FT_KEY_OBJECT, site->point);
        return 0;
    }
    if (call->point != site->point) return 0;
    key = call->state == FT_OPEN_CALL ? call->keyed : 0;
    forget(stack, call->target);
    if (key) end_call(site, stack, key, PT_REGS_RC(ctx));
    return 0;
}

#endif

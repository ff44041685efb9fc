/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Native functions: entry, exits, and the kernel's return probe that a profile may ask for. The key is the
 * stack pointer at the function's first instruction: unique among a process's live calls, also with
 * recursion, threads and fibres.
 */
#ifndef FLOWTAP_NATIVE_PROGRAMS_BPF_H
#define FLOWTAP_NATIVE_PROGRAMS_BPF_H

#include "access.bpf.h"
#include "execution.bpf.h"
#include "registers.bpf.h"

static __always_inline struct ft_operands operands_of(struct pt_regs* ctx, const struct ft_access* access) {
    struct ft_operands operands = {
        .base = register_value(ctx, access->base),
        .index = register_value(ctx, access->index),
        .length = register_value(ctx, access->length),
    };
    return operands;
}

static __always_inline void fill_text(struct pt_regs* ctx, struct ft_text* text,
                                      const struct ft_access* access) {
    struct ft_operands operands = operands_of(ctx, access);

    ft_text_access(text, access, &operands);
}

static __always_inline void fill_native_ids(struct pt_regs* ctx, struct ft_begin* event,
                                            const struct ft_site* site) {
    __u32 index = site->reads;
    struct ft_reads* read = bpf_map_lookup_elem(&reads, &index);

    if (!read) return;
    fill_text(ctx, &event->workflow_id, &read->workflow_id);
    fill_text(ctx, &event->workflow_name, &read->workflow_name);
    fill_text(ctx, &event->node_id, &read->node_id);
    if ((event->workflow_id.flags | event->workflow_name.flags | event->node_id.flags) & FT_TEXT_UNREADABLE)
        COUNT(counters_of(site->probe), unreadable);
}

/* The begin was lost, and counted as lost: its end must not be taken for that of an execution in flight. */
static __always_inline void open_in_flight(struct ft_open* value, __u64 key) {
    struct ft_open_key open_key = {.key = key, .tgid = current_tgid()};

    value->state = FT_OPEN_IN_FLIGHT;
    (void)put_open(&open_key, value);
}

/* stack: the stack pointer by which the function's own exits, and exceptions that leave its frame, find
 * it; 0: neither ends it. */
static __always_inline void begin_native(struct pt_regs* ctx, const struct ft_site* site, __u64 key,
                                         __u8 key_kind, __u64 stack, __u64 now) {
    struct ft_open value = {};
    struct ft_begin* event;

    value.begin_ns = now;
    value.stack = stack;
    value.point = site->point;
    value.tid = bpf_get_current_pid_tgid();
    value.key_kind = key_kind;
    value.failure = site->failure;
    event = reserve_begin(site, &value, key);
    if (!event) {
        open_in_flight(&value, key);
        return;
    }
    if (key_kind == FT_KEY_OBJECT) event->call_stack = stack;
    fill_native_ids(ctx, event, site);
    submit_begin(event);
}

SEC("uprobe/native_entry")
int native_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u64 stack;

    if (!site) return 0;
    stack = PT_REGS_SP(ctx) + site->stack_adjust;
    begin_native(ctx, site, stack, FT_KEY_STACK, stack, bpf_ktime_get_ns());
    return 0;
}

static __always_inline __u8 status_of(__u8 failure, __u64 value) {
    switch (failure) {
        case FT_FAILURE_NON_ZERO: return (__u32)value != 0 ? FT_STATUS_FAILED : FT_STATUS_SUCCESS;
        case FT_FAILURE_ZERO: return value == 0 ? FT_STATUS_FAILED : FT_STATUS_SUCCESS;
        case FT_FAILURE_NEGATIVE: return (__s32)value < 0 ? FT_STATUS_FAILED : FT_STATUS_SUCCESS;
    }
    return FT_STATUS_SUCCESS;
}

static __always_inline void end_native(__u32 probe, struct ft_open* execution, __u64 key, __u8 exit_flags,
                                       __u64 result) {
    __u8 failure = exit_flags & FT_EXIT_NO_RESULT ? FT_FAILURE_NEVER : execution->failure;

    if (execution->state == FT_OPEN_IN_FLIGHT)
        forget(key, execution->target);
    else
        end_execution(probe, execution, key, status_of(failure, result), NULL, result);
}

SEC("uprobe/native_exit")
int native_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_open* execution;
    __u64 key;

    if (!site) return 0;
    key = PT_REGS_SP(ctx) + site->stack_adjust;
    execution = find_open(key);
    if (!execution && site->exit_flags & FT_EXIT_HANDED_ON) return 0;
    if (!execution)
        report_in_flight(site->probe, key, FT_KEY_STACK, site->point);
    else if (execution->point == site->point)
        end_native(site->probe, execution, key, site->exit_flags, PT_REGS_RC(ctx));
    return 0;
}

/* The kernel has already popped the return address, and the instruction pointer is the caller's: the
 * execution is found by the stack alone. Attached by PID, and the open map has only entries of targets.
 * The kernel runs this only for calls whose entry it saw, so none was in flight at the attach. */
SEC("uretprobe/native_return")
int native_return(struct pt_regs* ctx) {
    __u64 key = PT_REGS_SP(ctx) - FT_RETURN_ADDRESS_SIZE;
    struct ft_open* execution = find_open(key);

    if (!execution)
        keep_thread_stack(ctx, &no_return_programs);
    else if (execution->key_kind == FT_KEY_STACK)
        end_native(execution->probe, execution, key, 0, PT_REGS_RC(ctx));
    return 0;
}

#endif

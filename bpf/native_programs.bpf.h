/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Native functions: entry, plain exits, and the return probe a profile may ask for by name. The key is
 * the stack pointer at the function's first instruction: unique among a process's live activations, so
 * recursion, threads and fibres need nothing more.
 */
#ifndef FLOWTAP_NATIVE_PROGRAMS_BPF_H
#define FLOWTAP_NATIVE_PROGRAMS_BPF_H

#include "execution.bpf.h"
#include "registers.bpf.h"

static __always_inline void fill_argument(struct pt_regs* ctx, struct ft_text* text,
                                          struct ft_argument argument) {
    __u64 value = argument_register(ctx, argument.index);

    switch (argument.type) {
        case FT_ARGUMENT_CSTRING: ft_text_cstring(text, value); break;
        case FT_ARGUMENT_INT32: ft_text_integer(text, (__s64)(__s32)value, FT_TEXT_INTEGER); break;
        case FT_ARGUMENT_UINT32: ft_text_integer(text, (__u32)value, FT_TEXT_UNSIGNED); break;
        case FT_ARGUMENT_INT64: ft_text_integer(text, value, FT_TEXT_INTEGER); break;
        case FT_ARGUMENT_UINT64: ft_text_integer(text, value, FT_TEXT_UNSIGNED); break;
    }
}

/* Its begin was lost, and counted so: its end is not to look like one of an execution in flight. */
static __always_inline void disown(struct ft_open* value) {
    struct ft_open_key open_key = {.key = value->stack, .tgid = current_tgid()};

    value->state = FT_OPEN_IN_FLIGHT;
    bpf_map_update_elem(&open, &open_key, value, BPF_ANY);
}

SEC("uprobe/native_entry")
int native_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_open value = {};
    struct ft_begin* event;
    struct ft_name* name;

    if (!site) return 0;
    value.begin_ns = bpf_ktime_get_ns();
    value.stack = PT_REGS_SP(ctx) + site->stack_adjust;
    value.point = site->point;
    value.tid = bpf_get_current_pid_tgid();
    value.key_kind = FT_KEY_STACK;
    value.failure = site->failure;
    event = reserve_begin(site, &value, value.stack);
    if (!event) {
        disown(&value);
        return 0;
    }
    fill_argument(ctx, &event->workflow_id, site->workflow_id);
    fill_argument(ctx, &event->node_id, site->node_id);
    name = bpf_map_lookup_elem(&names, &site->name);
    if (name && !site->is_workflow) {
        event->node_type.length = name->length;
        event->node_type.encoding = FT_TEXT_UTF8;
        __builtin_memcpy(event->node_type.data, name->text, FT_NAME_SIZE);
    }
    if (event->workflow_id.flags & FT_TEXT_UNREADABLE || event->node_id.flags & FT_TEXT_UNREADABLE)
        COUNT(counters_of(site->probe), unreadable);
    submit_begin(event);
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

static __always_inline void end_native(__u32 probe, struct ft_open* execution, __u64 key, __u64 result) {
    if (execution->state == FT_OPEN_IN_FLIGHT)
        forget(key);
    else
        end_execution(probe, execution, key, status_of(execution->failure, result), NULL, result);
}

SEC("uprobe/native_exit")
int native_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_open* execution;
    __u64 key;

    if (!site) return 0;
    key = PT_REGS_SP(ctx) + site->stack_adjust;
    execution = find_open(key);
    if (!execution)
        report_in_flight(site->probe, key, FT_KEY_STACK, site->point);
    else if (execution->point == site->point)
        end_native(site->probe, execution, key, PT_REGS_RC(ctx));
    return 0;
}

/* The kernel has already popped the return address, and the instruction pointer is the caller's: the
 * execution is found by the stack alone. Attached by PID, and the open map holds chosen processes only.
 * The kernel runs this only for calls it saw begin, so none here was in flight at the attach. */
SEC("uretprobe/native_return")
int native_return(struct pt_regs* ctx) {
    __u64 key = PT_REGS_SP(ctx) - sizeof(__u64);
    struct ft_open* execution = find_open(key);

    if (execution && execution->key_kind == FT_KEY_STACK)
        end_native(execution->probe, execution, key, PT_REGS_RC(ctx));
    return 0;
}

#endif

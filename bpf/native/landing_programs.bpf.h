/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Native functions that are left without a return: exceptions, forced unwinds, longjmp. One probe in the
 * unwinder, or in longjmp, sees the stack pointer before and after: the frames between the two were left.
 */
#ifndef FLOWTAP_LANDING_PROGRAMS_BPF_H
#define FLOWTAP_LANDING_PROGRAMS_BPF_H

#include "execution.bpf.h"
#include "registers.bpf.h"
#include "native/thrown.bpf.h"

static __always_inline __u64 value_at(struct pt_regs* ctx, const struct ft_place* place) {
    __u64 value = register_value(ctx, place->base);

    if (place->in_memory) value = ft_read_u64(value + place->offset);
    return value + place->addend;
}

/* See struct ft_left. glibc and musl keep the thread's descriptor, to which the thread pointer points, at the
 * upper end of the stack that they made for it. */
static __always_inline __u64 own_stack(void) {
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    __u64 pointer =
        bpf_core_field_exists(task->FT_THREAD_POINTER) ? BPF_CORE_READ(task, FT_THREAD_POINTER) : 0;

    return pointer ? pointer : FT_NO_STACK;
}

static __always_inline void fill_cause(struct pt_regs* ctx, struct ft_left* event,
                                       const struct ft_landing* landing) {
    __u64 exception;

    ft_text_clear(&event->error_type);
    event->header.status = FT_STATUS_ABORTED;
    event->own_stack = landing->is_jump ? own_stack() : 0;
    if (landing->is_jump) return;
    exception = value_at(ctx, &landing->exception);
    if (ft_is_forced_unwind(exception)) return;
    event->header.status = FT_STATUS_FAILED;
    ft_text_thrown(&event->error_type, exception);
}

SEC("uprobe/native_landing")
int native_landing(struct pt_regs* ctx) {
    struct ft_site_key key = {.address = PT_REGS_IP(ctx), .tgid = current_tgid()};
    struct ft_landing* landing = bpf_map_lookup_elem(&landings, &key);
    struct ft_counters* count;
    struct ft_left* event;
    __u64 to;

    if (!landing) {
        keep_thread_stack(ctx, &no_programs);
        return 0;
    }
    count = counters_of(landing->probe);
    COUNT(count, hits);
    to = value_at(ctx, &landing->stack);
    if (landing->stack.in_memory && to == landing->stack.addend) COUNT(count, unreadable);
    /* A jump to a lower address leaves no frame; it switches to another stack. */
    if (to <= PT_REGS_SP(ctx)) return 0;
    COUNT(count, events);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event) {
        COUNT(count, lost_ring_full);
        return 0;
    }
    fill_header(&event->header, FT_EVENT_LEFT, 0, FT_KEY_STACK, FT_NO_POINT);
    event->stack_from = PT_REGS_SP(ctx);
    event->stack_to = to;
    fill_cause(ctx, event, landing);
    bpf_ringbuf_submit(event, submit_flags());
    return 0;
}

#endif

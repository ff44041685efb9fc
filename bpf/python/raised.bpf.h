/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Nodes that are observed by the variable they set, and fail outside of that: before it is set, or after its
 * reset. A call that raised leaves the frame in the exception's traceback. There, the local that holds the
 * variable's token shows whether it had been set.
 */
#ifndef FLOWTAP_PYTHON_RAISED_BPF_H
#define FLOWTAP_PYTHON_RAISED_BPF_H

#include "python/calls.bpf.h"

/* The variable had been set: the daemon knows the execution, and now learns how it ended. */
static __always_inline void send_raised(const struct ft_site* site, const struct ft_code* info,
                                        const struct ft_python* py, __u64 tstate) {
    struct ft_end* event = reserve_record(site->probe, sizeof(*event));

    if (!event) return;
    fill_header(&event->header, FT_EVENT_RAISED, 0, FT_KEY_RUN, info->point);
    event->header.status = FT_STATUS_FAILED;
    event->running_ns = FT_RUNNING_UNKNOWN;
    fill_error_type(&event->error_type, py, tstate);
    bpf_ringbuf_submit(event, submit_flags());
}

/* The variable had not been set: the execution is reported after its end, with an unknown duration. */
static __always_inline struct ft_done* reserve_unrun(const struct ft_site* site, const struct ft_code* info) {
    struct ft_done* event = reserve_record(site->probe, sizeof(*event));

    if (!event) return NULL;
    fill_header(&event->begin.header, FT_EVENT_DONE, 0, FT_KEY_RUN, info->point);
    event->begin.header.status = FT_STATUS_FAILED;
    clear_begin(&event->begin);
    event->duration_ns = 0;
    event->duration_known = 0;
    return event;
}

/* Whether this failure was already reported, at a C call inside the one at this stack pointer. Global, so
 * that its stack is free again while the callers are searched. */
__attribute__((noinline)) int raised_before(__u64 traceback, __u64 node, __u64 caller, __u64 stack) {
    struct ft_raised now = {.traceback = traceback, .node = node, .caller = caller, .stack = stack};
    __u64 thread = bpf_get_current_pid_tgid();
    struct ft_raised* last = bpf_map_lookup_elem(&raised, &thread);
    int before = last && last->traceback == traceback && last->node == node && last->caller == caller &&
                 last->stack < stack;

    bpf_map_update_elem(&raised, &thread, &now, BPF_ANY);
    return before;
}

SEC("uprobe/python_raised")
int python_raised(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_at(site);
    __u64 tstate, traceback, frame, caller, self;
    struct ft_code* info;
    struct ft_done* event;

    if (!site || !py) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    traceback = ft_pending_traceback(py, tstate);
    frame = ft_traceback_frame(traceback);
    info = code_info(ft_frame_code(py, frame), tgid);
    if (!frame || !info || !(info->role & FT_CODE_SETTER) || info->token_slot < 0) return 0;
    caller = call_key(py, tstate);
    self = ft_local(py, frame, info->object_slot);
    if (raised_before(traceback, self, caller, PT_REGS_SP(ctx))) return 0;
    if (is_part_of_another(caller, self, tgid)) return 0;
    if (ft_local(py, frame, info->token_slot)) {
        send_raised(site, info, py, tstate);
        return 0;
    }
    event = reserve_unrun(site, info);
    if (!event) return 0;
    fill_type(py, &event->begin.node_type, self);
    fill_from_callers(py, identity_of(&event->begin), caller, self, tgid);
    fill_from_carried(identity_of(&event->begin), self, caller);
    fill_own_in_frame(&event->begin, frame, ft_frame_code(py, frame), info);
    fill_error_type(&event->error_type, py, tstate);
    count_unreadable(site, &event->begin);
    bpf_ringbuf_submit(event, submit_flags());
    return 0;
}

#endif

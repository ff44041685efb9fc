/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Nodes that set a ContextVar while they run. The key is the frame that sets it, which must be a node's own.
 */
#ifndef FLOWTAP_PYTHON_VARIABLES_BPF_H
#define FLOWTAP_PYTHON_VARIABLES_BPF_H

#include "python/contexts.bpf.h"

/* The frame of a known node that runs now, if the variable (a PyContextVar) is one that its execution sets.
 */
static __always_inline __u64 setting_frame(const struct ft_python* py, __u64 tstate, __u64 variable) {
    struct ft_code* info = code_info(variable, current_tgid());
    __u64 frame;

    if (!info || !(info->role & FT_CODE_VARIABLE)) return 0;
    frame = ft_current_frame(py, tstate);
    info = code_info(ft_frame_code(py, frame), current_tgid());
    return info && info->role & FT_CODE_SETTER ? frame : 0;
}

/* The exception that the running frame itself is handling; 0: none. */
static __always_inline __u64 handled_exception(const struct ft_python* py, __u64 tstate) {
    __u64 value = ft_read_u64(ft_read_u64(tstate + py->tstate_exc_info));

    return value == py->none ? 0 : value;
}

/* For end_execution(): the address of a thread state that would keep the exception at this place. */
static __always_inline __u64 as_pending(const struct ft_python* py, __u64 tstate, __u64 exception) {
    __u64 holder =
        py->exception_is_type ? exception + FT_OBJECT_TYPE : ft_read_u64(tstate + py->tstate_exc_info);

    return holder - py->tstate_exception;
}

/* Whether an exception that the running frame handles is one that a frame further out handles. C code that
 * saves and restores what is handled (PyErr_GetExcInfo, PyErr_SetExcInfo) leaves that one here, and so does
 * every try block of Cython's. Where it was raised again it has come through this frame. */
static __attribute__((noinline)) int is_handled_outside(const struct ft_python* py, __u64 tstate, __u64 frame,
                                                        __u64 exception) {
    __u64 item = ft_read_u64(tstate + py->tstate_exc_info);
    __u64 place = handled_from(ft_read_u64(item + FT_ERROR_PREVIOUS), current_tgid());

    if (!place || ft_read_u64(place) != exception) return 0;
    return ft_traceback_frame(ft_read_u64(exception + FT_EXCEPTION_TRACEBACK)) != frame;
}

static __always_inline int has_failed(const struct ft_python* py, __u64 tstate, __u64 frame, __u64 before,
                                      __u64 handled) {
    if (!handled || handled == before) return 0;
    return !is_handled_outside(py, tstate, frame, handled);
}

/* What the thread raises from here on is another failure, at whatever addresses. */
static __always_inline void forget_raised(void) {
    __u64 thread = bpf_get_current_pid_tgid();

    bpf_map_delete_elem(&raised, &thread);
}

SEC("uprobe/python_variable_set")
int python_variable_set(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_at(site);
    __u64 variable, tstate, frame, caller, self, code;
    struct ft_open* called;
    struct ft_code* info;
    struct ft_begin* event;

    if (!site || !py) return 0;
    variable = register_value(ctx, site->object);
    if (!code_info(variable, tgid)) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    frame = setting_frame(py, tstate, variable);
    code = ft_frame_code(py, frame);
    info = code_info(code, tgid);
    if (!frame || !info) return 0;
    forget_raised();
    caller = frame_above(py, frame);
    self = ft_local(py, frame, info->object_slot);
    info->seen = 1;
    /* Already seen by its call, or inside an execution of the same node. */
    called = find_open(caller);
    if (called && called->key_kind == FT_KEY_FRAME && called->object == self) return 0;
    if (is_part_of_another(caller, self, tgid)) return 0;
    event = reserve_python(site, info, frame, FT_KEY_RUN, FT_EVENT_BEGIN);
    if (!event) return 0;
    if (!remember(event, site, self, 0, handled_exception(py, tstate))) return 0;
    fill_type(py, &event->node_type, self);
    fill_from_callers(py, identity_of(event), caller, self, tgid);
    fill_from_carried(identity_of(event), self, caller);
    fill_own_in_frame(event, frame, code, info);
    count_unreadable(site, event);
    submit_begin(event);
    return 0;
}

/* Called in a finally block: an exception that was not being handled at the begin is leaving. */
SEC("uprobe/python_variable_reset")
int python_variable_reset(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_at(site);
    struct ft_open* execution;
    struct ft_code* info;
    __u64 variable, tstate, frame, handled;
    __u8 status;

    if (!site || !py) return 0;
    variable = register_value(ctx, site->object);
    info = code_info(variable, tgid);
    if (!info) return 0;
    if (info->role & FT_CODE_CONTEXT) reset_value(site, py, variable, PT_REGS_PARM2(ctx), info->point);
    if (!(info->role & FT_CODE_VARIABLE)) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    frame = setting_frame(py, tstate, variable);
    execution = find_open(frame);
    if (!frame || !execution || execution->key_kind != FT_KEY_RUN) return 0;
    handled = handled_exception(py, tstate);
    status =
        has_failed(py, tstate, frame, execution->handled, handled) ? FT_STATUS_FAILED : FT_STATUS_SUCCESS;
    end_execution(site->probe, execution, frame, status, py, as_pending(py, tstate, handled));
    return 0;
}

#endif

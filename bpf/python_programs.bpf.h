/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Python functions, seen at C functions of the interpreter they cannot avoid:
 *   - a coroutine's step (PyGen_am_send, gen_send_ex2): key = the coroutine object;
 *   - a bound-method call through C (method_vectorcall): key = the calling Python frame, which can have
 *     only one such call open, on whatever thread or greenlet it runs.
 */
#ifndef FLOWTAP_PYTHON_PROGRAMS_BPF_H
#define FLOWTAP_PYTHON_PROGRAMS_BPF_H

#include "execution.bpf.h"
#include "python.bpf.h"
#include "registers.bpf.h"

/* Python frames looked at above a node for the function that knows its ids. */
#define FT_MAX_FRAMES 24

enum path_kind { PATH_WORKFLOW_ID, PATH_WORKFLOW_NAME, PATH_NODE_ID };

static __always_inline struct ft_python* python_of(__u32 tgid) { return bpf_map_lookup_elem(&targets, &tgid); }

static __always_inline struct ft_code* code_info(__u64 code, __u32 tgid) {
    struct ft_code_key key = {.code = code, .tgid = tgid};

    return bpf_map_lookup_elem(&codes, &key);
}

/* Global functions: verified once each, whatever their callers' state. Scalars only, as 5.10 demands. */
__attribute__((noinline)) __u64 attribute_value(__u64 object, __u32 tgid, __u32 name_index) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_name* name = bpf_map_lookup_elem(&names, &name_index);

    return py && name ? ft_attribute(py, object, name) : 0;
}

static __always_inline struct ft_path* path_of(struct ft_code* info, __u32 which) {
    switch (which) {
        case PATH_WORKFLOW_ID: return &info->workflow_id;
        case PATH_WORKFLOW_NAME: return &info->workflow_name;
    }
    return &info->node_id;
}

/* The value at the end of a path that starts at a frame's local, or at `self` where no frame exists yet. */
__attribute__((noinline)) __u64 path_value(__u64 frame, __u64 self, __u64 code, __u32 tgid, __u32 which) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_code* info = code_info(code, tgid);
    struct ft_path* path;
    __u64 object = self;

    if (!py || !info) return 0;
    path = path_of(info, which);
    if (path->slot < 0 || (!frame && path->slot > 0)) return 0;
    if (frame) object = ft_local(py, frame, path->slot);
    for (__u32 i = 0; i < 3; i++) {
        if (i >= path->attributes || !object) break;
        object = attribute_value(object, tgid, path->names[i]);
    }
    return object;
}

static __always_inline void fill_id(const struct ft_python* py, struct ft_text* text, const struct ft_path* path,
                                    __u64 frame, __u64 self, __u64 code, __u32 which) {
    if (path->slot >= 0 && text->encoding == FT_TEXT_NONE)
        ft_text_object(py, text, path_value(frame, self, code, current_tgid(), which));
}

/* Fills whatever of the ids is still empty and this code knows. */
static __always_inline void fill_ids(const struct ft_python* py, struct ft_begin* event, __u64 frame, __u64 self,
                                     __u64 code, const struct ft_code* info) {
    fill_id(py, &event->workflow_id, &info->workflow_id, frame, self, code, PATH_WORKFLOW_ID);
    fill_id(py, &event->workflow_name, &info->workflow_name, frame, self, code, PATH_WORKFLOW_NAME);
    fill_id(py, &event->node_id, &info->node_id, frame, self, code, PATH_NODE_ID);
}

/* Key of the execution a frame belongs to: its coroutine, or the frame that called it. */
static __always_inline __u64 execution_key(const struct ft_python* py, __u64 frame, const struct ft_code* info) {
    if (info->role & FT_CODE_COROUTINE) return frame - py->generator_frame;
    return ft_read_u64(frame + py->frame_previous);
}

/* The next frame of the stack whose code a profile knows. Global, so that the walk costs the verifier little. */
__attribute__((noinline)) __u64 known_frame(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    for (int i = 0; i < FT_MAX_FRAMES && frame; i++) {
        if (code_info(ft_frame_code(py, frame), tgid)) return frame;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return 0;
}

/* Walks up from the frame that called a node: ids from the callers that know them, and the workflow. */
static __always_inline void fill_from_callers(const struct ft_python* py, struct ft_begin* event, __u64 frame,
                                              __u32 tgid) {
    for (int i = 0; i < 4; i++) {
        __u64 code;
        struct ft_code* info;

        frame = known_frame(frame, tgid);
        if (!frame) return;
        code = ft_frame_code(py, frame);
        info = code_info(code, tgid);
        if (!info) return;
        if (info->role & (FT_CODE_CALLER | FT_CODE_WORKFLOW)) fill_ids(py, event, frame, 0, code, info);
        if (info->role & FT_CODE_WORKFLOW) {
            event->parent_key = execution_key(py, frame, info);
            return;
        }
        frame = ft_read_u64(frame + py->frame_previous);
    }
}

static __always_inline void count_unreadable(const struct ft_site* site, const struct ft_begin* event) {
    __u8 flags = event->workflow_id.flags | event->workflow_name.flags | event->node_id.flags |
                 event->node_type.flags;

    if (flags & FT_TEXT_UNREADABLE) COUNT(counters_of(site->probe), unreadable);
}

/* The running thread's state: the one that holds the GIL, if it is this thread's. tstate->thread_id is
 * pthread_self(), which on x86-64 is the FS base. */
static __always_inline __u64 own_thread_state(const struct ft_python* py, const struct ft_site* site) {
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    __u64 tstate = ft_thread_state(py);

    if (tstate && ft_read_u64(tstate + py->tstate_thread_id) == BPF_CORE_READ(task, thread.fsbase)) return tstate;
    COUNT(counters_of(site->probe), no_thread_state);
    return 0;
}

static __always_inline struct ft_open open_execution(const struct ft_site* site, const struct ft_code* info,
                                                     __u8 key_kind) {
    struct ft_open value = {};

    value.begin_ns = bpf_ktime_get_ns();
    value.point = info->point;
    value.tid = bpf_get_current_pid_tgid();
    value.key_kind = key_kind;
    value.probe = site->probe;
    return value;
}

/* A coroutine that was under way when we attached: noted once, its end is not reported. */
static __always_inline void note_in_flight(struct ft_site* site, struct ft_code* info, __u64 key) {
    struct ft_open_key open_key = {.key = key, .tgid = current_tgid()};
    struct ft_open value = open_execution(site, info, FT_KEY_COROUTINE);
    struct ft_counters* count = counters_of(site->probe);
    struct ft_header* event;

    value.state = FT_OPEN_IN_FLIGHT;
    if (bpf_map_update_elem(&open, &open_key, &value, BPF_NOEXIST)) return;
    COUNT(count, events);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event) {
        COUNT(count, lost_ring_full);
        return;
    }
    fill_header(event, FT_EVENT_RESUME, key, FT_KEY_COROUTINE, info->point);
    bpf_ringbuf_submit(event, submit_flags());
}

SEC("uprobe/python_step_entry")
int python_step_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_of(tgid);
    __u64 coroutine, frame, code;
    struct ft_code* info;
    struct ft_open value;
    struct ft_begin* event;

    if (!site || !py) return 0;
    coroutine = register_value(ctx, site->object);
    frame = coroutine + py->generator_frame;
    code = ft_frame_code(py, frame);
    info = code_info(code, tgid);
    if (!info || !(info->role & FT_CODE_COROUTINE) || !(info->role & (FT_CODE_WORKFLOW | FT_CODE_NODE))) return 0;
    if ((__s8)ft_read_u8(coroutine + py->generator_state) != py->generator_created) {
        if (!find_open(coroutine)) note_in_flight(site, info, coroutine);
        return 0;
    }
    /* throw() into a coroutine that never ran ends it without running it. */
    if (ft_read_u64(ft_thread_state(py) + py->tstate_exception)) return 0;
    value = open_execution(site, info, FT_KEY_COROUTINE);
    event = reserve_begin(site, &value, coroutine);
    if (!event) return 0;
    fill_ids(py, event, frame, 0, code, info);
    if (info->role & FT_CODE_NODE && info->type_slot >= 0)
        ft_text_type_name(py, &event->node_type,
                          ft_read_u64(ft_local(py, frame, info->type_slot) + FT_OBJECT_TYPE));
    count_unreadable(site, event);
    submit_begin(event);
    return 0;
}

/* After the evaluation inside gen_send_ex2. A negative state is a suspension, not an end. */
SEC("uprobe/python_step_exit")
int python_step_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_of(current_tgid());
    struct ft_open* execution;
    __u64 coroutine;
    __u8 status;

    if (!site || !py) return 0;
    coroutine = register_value(ctx, site->object);
    execution = find_open(coroutine);
    if (!execution || execution->key_kind != FT_KEY_COROUTINE) return 0;
    if ((__s8)ft_read_u8(coroutine + py->generator_state) < 0) return 0;
    if (execution->state == FT_OPEN_IN_FLIGHT) {
        struct ft_open_key key = {.key = coroutine, .tgid = current_tgid()};
        bpf_map_delete_elem(&open, &key);
        return 0;
    }
    status = register_value(ctx, site->result) ? FT_STATUS_SUCCESS : FT_STATUS_FAILED;
    end_execution(site->probe, execution, coroutine, status, py, ft_thread_state(py));
    return 0;
}

/* The frame that calls, or where C calls without one (a thread's first call) the thread state. */
static __always_inline __u64 call_key(const struct ft_python* py, __u64 tstate) {
    __u64 frame = ft_current_frame(py, tstate);

    return frame ? frame : tstate;
}

SEC("uprobe/python_call_entry")
int python_call_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_of(tgid);
    __u64 method, self, code, tstate, caller;
    struct ft_code* info;
    struct ft_code* above;
    struct ft_open value;
    struct ft_begin* event;

    if (!site || !py) return 0;
    method = register_value(ctx, site->object);
    code = ft_read_u64(ft_read_u64(method + py->method_function) + py->function_code);
    info = code_info(code, tgid);
    if (!info || info->role & FT_CODE_COROUTINE || !(info->role & (FT_CODE_WORKFLOW | FT_CODE_NODE))) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    caller = call_key(py, tstate);
    self = ft_read_u64(method + py->method_self);
    /* super().execute() from an override of the same object: the outer call is the execution. */
    above = code_info(ft_frame_code(py, caller), tgid);
    if (above && above->point == info->point && above->role & FT_CODE_NODE && ft_local(py, caller, 0) == self)
        return 0;
    value = open_execution(site, info, FT_KEY_FRAME);
    value.stack = PT_REGS_SP(ctx) + site->stack_adjust;
    event = reserve_begin(site, &value, caller);
    if (!event) return 0;
    if (info->role & FT_CODE_NODE) {
        ft_text_type_name(py, &event->node_type, ft_read_u64(self + FT_OBJECT_TYPE));
        fill_from_callers(py, event, caller, tgid);
    }
    fill_ids(py, event, 0, self, code, info);
    count_unreadable(site, event);
    submit_begin(event);
    return 0;
}

SEC("uprobe/python_call_exit")
int python_call_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_of(current_tgid());
    struct ft_open* execution;
    __u64 tstate, key;
    __u8 status;

    if (!site || !py) return 0;
    tstate = ft_thread_state(py);
    if (!tstate) return 0;
    key = call_key(py, tstate);
    execution = find_open(key);
    /* The same frame may call other bound methods from C meanwhile: only the same C call ends it. */
    if (!execution || execution->stack != PT_REGS_SP(ctx) + site->stack_adjust) return 0;
    status = register_value(ctx, site->result) ? FT_STATUS_SUCCESS : FT_STATUS_FAILED;
    end_execution(site->probe, execution, key, status, py, tstate);
    return 0;
}

#endif

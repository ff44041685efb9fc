/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Plain functions. The interpreter runs their calls inside the calling frame, where no C function shows them.
 * But it reads their bytecode when they begin, and releases their code object when they return: hardware
 * watches see both. The key is the function's own frame, made odd.
 */
#ifndef FLOWTAP_PYTHON_WATCHES_BPF_H
#define FLOWTAP_PYTHON_WATCHES_BPF_H

#include "python/identity.bpf.h"
#include "registers.bpf.h"

/* Whether this call is known to have begun. Before a call's first instruction the interpreter may read the
 * bytecode for other purposes, from other code (_PyCode_Quicken of 3.11, _Py_Instrument). If it was read
 * from here before, an end was missed, and this is another call. */
static __always_inline int has_begun(__u64 frame, __u64 reader) {
    struct ft_open* execution = find_open(watched_key(frame));

    if (!execution || execution->reader == reader) return 0;
    execution->reader = reader;
    return 1;
}

static __always_inline void note_watched_call(__u64 caller, __u64 frame) {
    struct ft_open_key key = {.key = caller, .tgid = current_tgid()};

    if (caller) bpf_map_update_elem(&watched_calls, &key, &frame, BPF_ANY);
}

static __always_inline void begin_watched(const struct ft_python* py, const struct ft_watch* watch,
                                          __u64 frame, __u64 reader) {
    __u32 tgid = current_tgid();
    struct ft_code* info = code_info(watch->code, tgid);
    struct ft_begin* event;
    __u64 caller, self;

    if (!info || has_begun(frame, reader)) return;
    info->seen = 1;
    caller = frame_above(py, frame);
    self = info->object_slot >= 0 ? ft_local(py, frame, info->object_slot) : 0;
    if (info->role & FT_CODE_NODE && self && is_part_of_another(caller, self, tgid)) return;
    event = reserve_python(&watch->site, info, watched_key(frame), FT_KEY_CALL, FT_EVENT_BEGIN);
    if (!event) return;
    if (!remember(event, &watch->site, info->role & FT_CODE_NODE ? self : 0, reader, 0)) return;
    if (info->role & FT_CODE_NODE) {
        if (self) fill_type(py, &event->node_type, self);
        fill_from_callers(py, identity_of(event), caller, self, tgid);
        if (self) fill_from_carried(identity_of(event), self, caller);
    }
    fill_own_in_frame(event, frame, watch->code, info);
    count_unreadable(&watch->site, event);
    submit_begin(event);
    note_watched_call(caller, frame);
}

/* The watched function that this frame has called, removed from the table; 0: none. */
static __always_inline __u64 take_watched_call(__u64 caller) {
    struct ft_open_key key = {.key = caller, .tgid = current_tgid()};
    __u64* called = bpf_map_lookup_elem(&watched_calls, &key);
    __u64 frame = called ? *called : 0;

    if (frame) bpf_map_delete_elem(&watched_calls, &key);
    return frame;
}

static __always_inline void end_watched_call(__u32 probe, __u64 frame, __u8 status,
                                             const struct ft_python* py, __u64 tstate) {
    struct ft_open* execution = find_open(watched_key(frame));

    if (execution && execution->key_kind == FT_KEY_CALL)
        end_execution(probe, execution, watched_key(frame), status, py, tstate);
}

static __always_inline int returns_at(const struct ft_watch* watch, __u8 opcode) {
    for (int i = 0; i < FT_RETURN_OPCODES; i++)
        if (watch->returns[i] && watch->returns[i] == opcode) return 1;
    return 0;
}

/* The frame of this function that is being cleared because it returns; 0: the code object is touched for
 * another reason. It may or may not still be the current frame; if not, it may have dropped its code
 * object. */
static __always_inline __u64 returning_frame(const struct ft_python* py, const struct ft_watch* watch,
                                             __u64 frame) {
    struct ft_open_key key = {.tgid = current_tgid()};
    __u64 instruction;
    __u64* called;

    if (ft_frame_code(py, frame) != watch->code || py->pops_frame_first) {
        key.key = ft_is_shim(py, frame) ? ft_read_u64(frame + py->frame_previous) : frame;
        called = bpf_map_lookup_elem(&watched_calls, &key);
        if (!called) return 0;
        frame = *called;
    }
    instruction = ft_read_u64(frame + py->frame_instruction);
    if (instruction < watch->begin || instruction >= watch->begin + watch->size) return 0;
    return returns_at(watch, ft_read_u8(instruction)) ? frame : 0;
}

/* The watch at the address that was touched, if it is a target's. Also counts the hit. */
static __always_inline struct ft_watch* current_watch(const struct bpf_perf_event_data* ctx) {
    struct ft_site_key key = {.address = ctx->addr, .tgid = current_tgid()};
    struct ft_watch* watch = bpf_map_lookup_elem(&watches, &key);

    if (watch) count_hit(&watch->site);
    return watch;
}

SEC("perf_event")
int python_watch_begin(struct bpf_perf_event_data* ctx) {
    struct ft_watch* watch = current_watch(ctx);
    struct ft_python* py = python_of(current_tgid());
    __u64 tstate, frame;

    if (!watch || !py) return 0;
    tstate = own_thread_state(py, &watch->site);
    if (!tstate) return 0;
    frame = ft_current_frame(py, tstate);
    /* Otherwise it is not run but read, for example by code.co_code. */
    if (ft_frame_code(py, frame) != watch->code) return 0;
    /* When the unit is read for a call, the frame still stands before it, at RESUME. When a loop comes
     * back to it, or it is written (specialised), the frame stands further on. */
    if (ft_read_u64(frame + py->frame_instruction) < watch->begin)
        begin_watched(py, watch, frame, PT_REGS_IP(&ctx->regs));
    return 0;
}

SEC("perf_event")
int python_watch_end(struct bpf_perf_event_data* ctx) {
    struct ft_watch* watch = current_watch(ctx);
    struct ft_python* py = python_of(current_tgid());
    __u64 tstate, frame;

    if (!watch || !py) return 0;
    tstate = own_thread_state(py, &watch->site);
    if (!tstate) return 0;
    frame = returning_frame(py, watch, ft_current_frame(py, tstate));
    if (!frame) return 0;
    take_watched_call(frame_above(py, frame));
    end_watched_call(watch->site.probe, frame, FT_STATUS_SUCCESS, py, tstate);
    return 0;
}

/* A frame object takes over the frame of a call that has ended, because a traceback or the program holds
 * it; the copy in it is complete. The code object moves with it, so no watch reports this end. */
SEC("uprobe/python_frame_kept")
int python_frame_kept(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);
    __u64 copy, frame, tstate;
    struct ft_code* info;

    if (!site || !py) return 0;
    copy = register_value(ctx, site->object) + py->kept_frame;
    if (!passes_filter(py, ft_frame_code(py, copy))) return 0;
    info = code_info(ft_frame_code(py, copy), current_tgid());
    if (!info || !(info->role & FT_CODE_WATCHED)) return 0;
    frame = take_watched_call(frame_above(py, copy));
    if (!frame) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    end_watched_call(site->probe, frame, outcome_now(py, tstate), py, tstate);
    return 0;
}

/* The frame object at PyTraceBack_Here(frame object), or in the traceback that an inlined copy of it has
 * created. */
static __always_inline __u64 frame_of_traceback(struct pt_regs* ctx, const struct ft_site* site) {
    if (site->object != FT_NO_REGISTER) return register_value(ctx, site->object);
    return ft_read_u64(register_value(ctx, site->result) + FT_TRACEBACK_FRAME);
}

/* An inlined copy has taken the exception out of the thread's state, and keeps it among the words of its C
 * frame: it is the one whose traceback still is `before`. Returns the thread state that fill_error_type()
 * expects; if the exception is only in a register, its class is unknown. */
__attribute__((noinline)) __u64 taken_exception(__u64 stack, __u64 before, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    int i;

    if (!py || !before) return 0;
    for (i = 0; i < FT_TAKEN_WORDS; i++) {
        __u64 holder = stack + 8ULL * i;

        if (ft_read_u64(ft_read_u64(holder) + FT_EXCEPTION_TRACEBACK) == before)
            return holder - py->tstate_exception;
    }
    return 0;
}

/* An exception has reached this frame. If the frame called a watched function, the exception came from
 * that. */
SEC("uprobe/python_traceback")
int python_traceback(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);
    __u64 tstate, frame, exception = 0, before;

    if (!site || !py) return 0;
    frame = take_watched_call(ft_read_u64(frame_of_traceback(ctx, site) + FT_FRAME_OBJECT_FRAME));
    if (!frame) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    if (site->object == FT_NO_REGISTER) {
        before = ft_read_u64(register_value(ctx, site->result) + FT_TRACEBACK_NEXT);
        exception = taken_exception(PT_REGS_SP(ctx), before, current_tgid());
    }
    end_watched_call(site->probe, frame, FT_STATUS_FAILED, py, exception ? exception : tstate);
    return 0;
}

#endif

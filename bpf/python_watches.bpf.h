/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Plain functions. The interpreter runs their calls inside the calling frame, where no C function shows them;
 * but it reads their bytecode, and hardware watches tell of that. The key is the function's
 * own frame, made odd.
 */
#ifndef FLOWTAP_PYTHON_WATCHES_BPF_H
#define FLOWTAP_PYTHON_WATCHES_BPF_H

#include "python_identity.bpf.h"
#include "registers.bpf.h"

static __always_inline void begin_watched(const struct ft_python* py, struct ft_watch* watch, __u64 frame) {
    __u32 tgid = current_tgid();
    struct ft_code* info = code_info(watch->code, tgid);
    struct ft_open_key caller_key = {.tgid = tgid};
    struct ft_begin* event;
    struct ft_open value;
    __u64 caller, self;

    if (!info || (watch->repeats && find_open(watched_key(frame)))) return;
    caller = frame_above(py, frame);
    self = info->object_slot >= 0 ? ft_local(py, frame, info->object_slot) : 0;
    if (info->role & FT_CODE_NODE && self && is_inner_call(py, caller, self, tgid)) return;
    value = open_execution(&watch->site, info, FT_KEY_CALL);
    event = reserve_begin(&watch->site, &value, watched_key(frame));
    if (!event) return;
    if (info->role & FT_CODE_NODE) {
        if (self) ft_text_type_name(py, &event->node_type, ft_read_u64(self + FT_OBJECT_TYPE));
        fill_from_callers(py, identity_of(event), caller, tgid);
        if (self) fill_from_carried(identity_of(event), self);
    }
    fill_ids(py, identity_of(event), frame, self, watch->code, info);
    count_unreadable(&watch->site, event);
    submit_begin(event);
    caller_key.key = caller;
    if (caller) bpf_map_update_elem(&watched_calls, &caller_key, &frame, BPF_ANY);
}

static __always_inline void end_watched(const struct ft_python* py, const struct ft_watch* watch,
                                        __u64 frame) {
    struct ft_open_key caller = {.key = frame_above(py, frame), .tgid = current_tgid()};
    struct ft_open* execution = find_open(watched_key(frame));

    bpf_map_delete_elem(&watched_calls, &caller);
    if (execution && execution->key_kind == FT_KEY_CALL)
        end_execution(watch->site.probe, execution, watched_key(frame), FT_STATUS_SUCCESS, py, 0);
}

SEC("perf_event")
int python_watch(struct bpf_perf_event_data* ctx) {
    struct ft_site_key key = {.address = ctx->addr, .tgid = current_tgid()};
    struct ft_watch* watch = bpf_map_lookup_elem(&watches, &key);
    struct ft_python* py = python_of(key.tgid);
    __u64 tstate, frame;
    __u8 opcode;

    if (!watch || !py) return 0;
    COUNT(counters_of(watch->site.probe), hits);
    opcode = ft_read_u8(key.address);
    if (!watch->is_return && opcode != watch->opcode) {
        watch->opcode = opcode;
        return 0;
    }
    tstate = own_thread_state(py, &watch->site);
    if (!tstate) return 0;
    frame = ft_current_frame(py, tstate);
    if (ft_frame_code(py, frame) != watch->code) {
        /* Not run but read, by code.co_code for one. */
        COUNT(counters_of(watch->site.probe), no_thread_state);
        return 0;
    }
    if (watch->is_return)
        end_watched(py, watch, frame);
    else
        begin_watched(py, watch, frame);
    return 0;
}

/* PyTraceBack_Here(frame object): an exception has come to this frame. If it called a watched function, it
 * came out of that one. */
SEC("uprobe/python_traceback")
int python_traceback(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_of(current_tgid());
    struct ft_open_key caller = {.tgid = current_tgid()};
    struct ft_open* execution;
    __u64 tstate, frame;
    __u64* called;

    if (!site || !py) return 0;
    caller.key = ft_read_u64(register_value(ctx, site->object) + FT_FRAME_OBJECT_FRAME);
    called = bpf_map_lookup_elem(&watched_calls, &caller);
    if (!called) return 0;
    frame = *called;
    bpf_map_delete_elem(&watched_calls, &caller);
    execution = find_open(watched_key(frame));
    if (!execution || execution->key_kind != FT_KEY_CALL) return 0;
    tstate = own_thread_state(py, site);
    if (tstate) end_execution(site->probe, execution, watched_key(frame), FT_STATUS_FAILED, py, tstate);
    return 0;
}

#endif

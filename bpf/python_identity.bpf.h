/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Who an execution is: ids from its own frame, from the frames that called it, or from where its node was
 * handed to another thread.
 */
#ifndef FLOWTAP_PYTHON_IDENTITY_BPF_H
#define FLOWTAP_PYTHON_IDENTITY_BPF_H

#include "execution.bpf.h"
#include "python.bpf.h"

/* Python frames looked at above a node for the function that knows its ids. */
#define FT_MAX_FRAMES 24

static __always_inline struct ft_identity* identity_of(struct ft_begin* event) {
    return (struct ft_identity*)&event->parent_key;
}

enum path_kind { PATH_WORKFLOW_ID, PATH_WORKFLOW_NAME, PATH_NODE_ID };

static __always_inline struct ft_python* python_of(__u32 tgid) {
    return bpf_map_lookup_elem(&targets, &tgid);
}

/* Of the process that the site is in. */
static __always_inline struct ft_python* python_at(const struct ft_site* site) {
    __u32 target = site ? site->target : 0;

    return bpf_map_lookup_elem(&layouts, &target);
}

/* Whether `codes` may have it: most code that passes is in no profile. */
static __always_inline int may_know(const struct ft_python* py, __u64 code) {
    __u64 bit = ft_filter_bit(code);

    FT_BOUND(bit);
    bit &= 64 * FT_CODE_FILTER_WORDS - 1;
    return py->code_filter[bit / 64] >> (bit % 64) & 1;
}

/* Global functions: verified once each, whatever their callers' state. Scalars only, as 5.10 demands. */
__attribute__((noinline)) __u32 running_interpreter(__u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_running_interpreter(py) : FT_INTERPRETER_UNKNOWN;
}

/* What the profiles know of a code object. That of a subinterpreter is known as long as that runs: its memory
 * serves others later. Where it cannot be told which one runs, whoever asks for its thread state will know.
 */
static __always_inline struct ft_code* code_info(__u64 code, __u32 tgid) {
    struct ft_code_key key = {.code = code, .tgid = tgid};
    struct ft_code* info = bpf_map_lookup_elem(&codes, &key);

    if (info && info->interpreter) {
        __u32 running = running_interpreter(tgid);

        if (running != info->interpreter && running != FT_INTERPRETER_UNKNOWN) return NULL;
    }
    return info;
}

/* See ft_attribute(). */
__attribute__((noinline)) __u64 some_attribute(__u64 object, __u32 tgid, __u32 name_index, __u32 first) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_name* name = bpf_map_lookup_elem(&names, &name_index);

    return py && name ? ft_attribute(py, object, name, first) : 0;
}

/* The object an attribute holds, or 0; FT_MORE_KEYS where there are too many attributes to tell. */
static __always_inline __u64 attribute_value(__u64 object, __u32 tgid, __u32 name_index) {
    __u64 value = FT_MORE_KEYS;

    for (__u32 i = 0; i < FT_MAX_KEY_PARTS && value == FT_MORE_KEYS; i++)
        value = some_attribute(object, tgid, name_index, i * FT_MAX_KEYS);
    return value;
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
        if (i >= path->attributes || !object || object == FT_MORE_KEYS) break;
        object = attribute_value(object, tgid, path->names[i]);
    }
    return object;
}

static __always_inline void fill_id(const struct ft_python* py, struct ft_text* text,
                                    const struct ft_path* path, __u64 frame, __u64 self, __u64 code,
                                    __u32 which) {
    if (path->slot >= 0 && text->encoding == FT_TEXT_NONE)
        ft_text_object(py, text, path_value(frame, self, code, current_tgid(), which));
}

/* Fills whatever of the ids is still empty and this code knows. */
static __always_inline void fill_ids(const struct ft_python* py, struct ft_identity* identity, __u64 frame,
                                     __u64 self, __u64 code, const struct ft_code* info) {
    fill_id(py, &identity->workflow_id, &info->workflow_id, frame, self, code, PATH_WORKFLOW_ID);
    fill_id(py, &identity->workflow_name, &info->workflow_name, frame, self, code, PATH_WORKFLOW_NAME);
    fill_id(py, &identity->node_id, &info->node_id, frame, self, code, PATH_NODE_ID);
}

/* The frame that called, without the one CPython 3.12+ puts between for calls from C. */
static __always_inline __u64 frame_above(const struct ft_python* py, __u64 frame) {
    __u64 above = ft_read_u64(frame + py->frame_previous);

    return ft_is_shim(py, above) ? ft_read_u64(above + py->frame_previous) : above;
}

/* A watched function may call a node's method, whose key is the frame that called: this one is odd. */
static __always_inline __u64 watched_key(__u64 frame) { return frame + 1; }

/* Key of the execution a frame belongs to: its coroutine, the frame itself, or the one that called it. */
static __always_inline __u64 execution_key(const struct ft_python* py, __u64 frame,
                                           const struct ft_code* info) {
    if (info->role & FT_CODE_COROUTINE) return frame - py->generator_frame;
    if (info->role & FT_CODE_WATCHED) return watched_key(frame);
    return info->role & FT_CODE_SETTER ? frame : frame_above(py, frame);
}

/* The next frame of the stack whose code a profile knows. Global: so its walk costs the verifier little. */
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
static __always_inline void fill_from_callers(const struct ft_python* py, struct ft_identity* identity,
                                              __u64 frame, __u32 tgid) {
    for (int i = 0; i < 4; i++) {
        __u64 code;
        struct ft_code* info;

        frame = known_frame(frame, tgid);
        if (!frame) return;
        code = ft_frame_code(py, frame);
        info = code_info(code, tgid);
        if (!info) return;
        if (info->role & (FT_CODE_CALLER | FT_CODE_WORKFLOW)) fill_ids(py, identity, frame, 0, code, info);
        if (info->role & FT_CODE_WORKFLOW) {
            identity->parent_key = execution_key(py, frame, info);
            return;
        }
        /* In the same workflow, should that be too far away. */
        if (info->role & FT_CODE_NODE && !identity->parent_key)
            identity->parent_key = execution_key(py, frame, info);
        frame = ft_read_u64(frame + py->frame_previous);
    }
}

static __always_inline void count_unreadable(const struct ft_site* site, const struct ft_begin* event) {
    __u8 flags =
        event->workflow_id.flags | event->workflow_name.flags | event->node_id.flags | event->node_type.flags;

    if (flags & FT_TEXT_UNREADABLE) COUNT(counters_of(site->probe), unreadable);
}

/* The running thread's state; 0, and counted, where that is not known. */
static __always_inline __u64 own_thread_state(const struct ft_python* py, const struct ft_site* site) {
    __u64 tstate = ft_thread_state(py);

    if (tstate && (py->tstate_in != FT_TSTATE_GIL || ft_holds_gil(py, tstate))) return tstate;
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

/* What the stack does not tell on this thread may have been noted where the node was handed over. */
static __always_inline void fill_from_carried(struct ft_identity* identity, __u64 object) {
    struct ft_open_key key = {.key = object, .tgid = current_tgid()};
    struct ft_identity* carried;

    if (identity->parent_key || identity->workflow_id.encoding != FT_TEXT_NONE) return;
    carried = bpf_map_lookup_elem(&carried_nodes, &key);
    if (!carried) return;
    identity->parent_key = carried->parent_key;
    identity->workflow_id = carried->workflow_id;
    identity->workflow_name = carried->workflow_name;
    if (identity->node_id.encoding == FT_TEXT_NONE) identity->node_id = carried->node_id;
}

/* Whether the nearest known frame above is a node's own, of the same object: super().execute() from an
 * override, or execute() running its own execute_async(). The outer call is the execution. */
static __always_inline int is_inner_call(const struct ft_python* py, __u64 caller, __u64 self, __u32 tgid) {
    __u64 frame = known_frame(caller, tgid);
    struct ft_code* above = code_info(ft_frame_code(py, frame), tgid);

    return frame && above && above->role & FT_CODE_NODE && above->object_slot >= 0 &&
           ft_local(py, frame, above->object_slot) == self;
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Threads that are started while a node runs: their own stacks tell nothing of the node or its workflow. The
 * kernel reports their start while the starting thread's stack still tells it.
 */
#ifndef FLOWTAP_PYTHON_THREADS_BPF_H
#define FLOWTAP_PYTHON_THREADS_BPF_H

#include "python/identity.bpf.h"

/* The nearest open execution around this frame, as its key; 0: none. */
__attribute__((noinline)) __u64 execution_around(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    FT_ROUNDS(i, FT_MAX_FRAMES, frame) {
        __u64 key = execution_of_frame(frame, i, tgid);

        if (key) return key;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return 0;
}

/* The nearest frame of a method that hands its execution on; 0: none. */
__attribute__((noinline)) __u64 passing_frame(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    FT_ROUNDS(i, FT_MAX_FRAMES, frame) {
        struct ft_code* info = info_at(frame_key(py, frame, tgid), tgid);

        if (info && info->role & FT_CODE_PASSING) return frame;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return 0;
}

/* Notes in whose execution the new thread (pid_tgid) begins. This function and the next are global: the
 * verifier follows each by itself. */
__attribute__((noinline)) int note_starter(__u64 frame, __u64 thread) {
    __u32 tgid = thread >> 32;
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_starter* starter;
    __u64 key = execution_around(frame, tgid);
    __u64 object = object_of_execution(key, tgid);
    __u32 zero = 0;

    starter = bpf_map_lookup_elem(&no_starter, &zero);
    if (!py || !object || !starter || bpf_map_update_elem(&starters, &thread, starter, BPF_ANY)) return 0;
    starter = bpf_map_lookup_elem(&starters, &thread);
    if (!starter) return 0;
    starter->key = key;
    starter->object = object;
    fill_from_callers(py, &starter->identity, frame, 0, tgid);
    return 0;
}

/* Notes the ids of a node whose method hands its execution to the new thread. */
__attribute__((noinline)) int carry_passed(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_carried* carried;
    __u64 node;

    frame = passing_frame(frame, tgid);
    if (!py || !frame) return 0;
    node = ft_first_argument(py, frame, ft_frame_code(py, frame));
    carried = carried_entry(node, tgid);
    if (!carried) return 0;
    fill_from_callers(py, &carried->identity, ft_read_u64(frame + py->frame_previous), node, tgid);
    carried->parent_begin_ns = begin_of_execution(carried->identity.parent_key, tgid);
    return 0;
}

static __always_inline void thread_begins(__u32 tgid, __u32 tid) {
    struct ft_python* py = python_of(tgid);
    __u64 thread = (__u64)tgid << 32 | tid;
    __u64 tstate, frame;

    if (!py || !py->function_code) return;
    tstate = ft_thread_state(py);
    if (!tstate || (py->tstate_in == FT_TSTATE_GIL && !ft_holds_gil(py, tstate))) return;
    frame = ft_current_frame(py, tstate);
    bpf_map_delete_elem(&starters, &thread);
    note_starter(frame, thread);
    carry_passed(frame, tgid);
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Executions that fail because they call a coroutine function that their point names (failed_by): when its
 * coroutine is created, they are marked in `open`.
 */
#ifndef FLOWTAP_PYTHON_FAILURES_BPF_H
#define FLOWTAP_PYTHON_FAILURES_BPF_H

#include "python/identity.bpf.h"

/* Marks an open execution if a call of this function makes those of its point fail. */
__attribute__((noinline)) int fail_execution(__u64 key, __u64 function, __u32 tgid) {
    struct ft_open_key open_key = {.key = key, .tgid = tgid};
    struct ft_open* execution = bpf_map_lookup_elem(&open, &open_key);
    struct ft_code_key named = {.code = function, .tgid = tgid};

    if (!execution) return 0;
    named.failing = execution->point + 1;
    if (bpf_map_lookup_elem(&codes, &named)) execution->failed = 1;
    return 0;
}

/* Whether a frame is of a coroutine whose execution is not in `open`, because its begin was lost. What
 * abandon() has noted is part of another execution. */
__attribute__((noinline)) int is_of_lost_execution(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_open_key key = {.tgid = tgid};
    struct ft_code* info;
    struct ft_open* noted;
    __u64 code, base;

    if (!py) return 0;
    code = ft_frame_code(py, frame);
    info = passes_filter(py, code) ? info_at(code, tgid) : NULL;
    if (!info || !(info->role & FT_CODE_COROUTINE) || !(info->role & (FT_CODE_WORKFLOW | FT_CODE_NODE)))
        return 0;
    if (info->role & FT_CODE_SHARED || !ft_is_generator_frame(py, frame)) return 0;
    key.key = frame - py->generator_frame;
    noted = bpf_map_lookup_elem(&open, &key);
    if (noted) return noted->begin_ns != 0;
    base = info->base;
    return !base || derives_from(ft_class_of(py, ft_first_argument(py, frame, code)), base, tgid);
}

/* Marks the nearest execution around this frame, if it is within FT_MAX_FRAMES. Returns the frame from which
 * the stack goes on; 0: there is nothing more to do. */
__attribute__((noinline)) __u64 fail_within(__u64 frame, int called, __u64 function, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    FT_ROUNDS(i, FT_MAX_FRAMES, frame) {
        __u64 key = execution_of_frame(frame, called || i, tgid);

        if (key) {
            fail_execution(key, function, tgid);
            return 0;
        }
        if (is_of_lost_execution(frame, tgid)) return 0;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return frame;
}

/* Marks the nearest execution around the frame that called this function. */
static __always_inline void fail_execution_around(__u64 frame, __u64 function, __u32 tgid) {
    for (int i = 0; i < FT_MAX_STRETCHES && frame; i++) frame = fail_within(frame, i, function, tgid);
}

#endif

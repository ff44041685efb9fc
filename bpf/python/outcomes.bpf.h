/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Executions that end without an exception, of points with failed_when: their end carries the value that
 * decides whether they have failed.
 */
#ifndef FLOWTAP_PYTHON_OUTCOMES_BPF_H
#define FLOWTAP_PYTHON_OUTCOMES_BPF_H

#include "python/identity.bpf.h"

static __always_inline struct ft_outcome* outcome_of(__u32 point, __u32 tgid) {
    struct ft_open_key key = {.key = point, .tgid = tgid};

    return bpf_map_lookup_elem(&outcomes, &key);
}

/* The object that decides the outcome, reached from this one; FT_MORE_KEYS if it cannot be determined. */
__attribute__((noinline)) __u64 judged_object(__u64 object, __u32 point, __u32 tgid) {
    struct ft_outcome* outcome = outcome_of(point, tgid);

    if (!outcome || !object) return 0;
    return outcome->path ? path_end(object, outcome->path, tgid) : object;
}

/* The class of an exception; 0: the object is not one. */
static __always_inline __u64 class_of_exception(const struct ft_python* py, __u64 object) {
    if (!object || object == FT_MORE_KEYS) return 0;
    return ft_flags_of_type(py, object) & FT_TYPE_EXCEPTION_SUBCLASS ? ft_read_u64(object + FT_OBJECT_TYPE)
                                                                     : 0;
}

/* Adds the value to the end, or the class of the exception with which it has failed. */
static __always_inline void fill_outcome(struct ft_end* event, const struct ft_outcome* outcome,
                                         const struct ft_python* py, __u64 object) {
    __u64 exception;

    if (!outcome->by_exception) {
        set_id(&event->error_type, plain_value(object, current_tgid()), current_tgid());
        event->error_type.flags |= FT_TEXT_TOLD;
        return;
    }
    exception = class_of_exception(py, object);
    if (!exception) return;
    event->header.status = FT_STATUS_FAILED;
    ft_text_type_name(py, &event->error_type, exception);
}

/* Reports the end of an execution without an exception, with the value that decides its outcome, if the
 * point has one. `returned`: its result, 0 if unknown; `frame`: its own frame, 0 if that is gone. */
static __always_inline void end_without_exception(__u32 probe, const struct ft_open* execution, __u64 key,
                                                  const struct ft_python* py, __u64 returned, __u64 frame) {
    struct ft_counters* count = counters_of(probe);
    struct ft_outcome* outcome = outcome_of(execution->point, current_tgid());
    struct ft_end* event;
    __u32 target = execution->target; /* counting comes after the entry is gone */
    __u64 object = 0;

    if (outcome) {
        object = outcome->slot < 0 ? returned : frame ? ft_local(py, frame, outcome->slot) : 0;
        object = judged_object(object, execution->point, current_tgid());
    }
    event = reserve_end_of(count, execution, key, FT_STATUS_SUCCESS);
    if (!event) return;
    if (outcome) {
        fill_outcome(event, outcome, py, object);
        if (event->error_type.flags & FT_TEXT_UNREADABLE) COUNT(count, unreadable);
    }
    forget(key, target);
    bpf_ringbuf_submit(event, submit_flags());
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Executions that no exception left, of points that are judged by the returned value or by a local variable:
 * their end carries that value.
 */
#ifndef FLOWTAP_PYTHON_OUTCOMES_BPF_H
#define FLOWTAP_PYTHON_OUTCOMES_BPF_H

#include "python/identity.bpf.h"

static __always_inline struct ft_outcome* outcome_of(__u32 point, __u32 tgid) {
    struct ft_open_key key = {.key = point, .tgid = tgid};

    return bpf_map_lookup_elem(&outcomes, &key);
}

/* The value that a dict has under a str; as some_attribute(). */
__attribute__((noinline)) __u64 some_value(__u64 dict, __u32 tgid, __u32 name_index, __u32 first) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_name* name = bpf_map_lookup_elem(&names, &name_index);

    return py && name ? ft_dict_value(py, dict, name, first) : 0;
}

__attribute__((noinline)) __u64 some_item(__u64 object, __u32 tgid, __u32 index) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_sequence_item(py, object, index) : 0;
}

static __always_inline __u64 keyed_value(__u64 dict, __u32 tgid, __u32 name_index) {
    __u64 value = FT_MORE_KEYS;

    for (__u32 i = 0; i < FT_MAX_KEY_PARTS && value == FT_MORE_KEYS; i++)
        value = some_value(dict, tgid, name_index, i * FT_MAX_KEYS);
    return value;
}

/* The value that the point is judged by, from this object on. */
__attribute__((noinline)) __u64 judged_value(__u64 object, __u32 point, __u32 tgid) {
    struct ft_outcome* outcome = outcome_of(point, tgid);

    if (!outcome) return 0;
    for (__u32 i = 0; i < FT_MAX_OUTCOME_STEPS; i++) {
        if (i >= outcome->steps || !object || object == FT_MORE_KEYS) break;
        switch (outcome->at[i].kind) {
            case FT_OUTCOME_KEY: object = keyed_value(object, tgid, outcome->at[i].value); break;
            case FT_OUTCOME_INDEX: object = some_item(object, tgid, outcome->at[i].value); break;
            default: object = attribute_value(object, tgid, outcome->at[i].value);
        }
    }
    return plain_value(object, tgid);
}

/* Reports the end of an execution that no exception left, with its value if its point is judged by one.
 * `returned` is what it returned, 0 where that is not known; `frame` is its own, 0 where that is gone. */
static __always_inline void end_well(__u32 probe, const struct ft_open* execution, __u64 key,
                                     const struct ft_python* py, __u64 returned, __u64 frame) {
    struct ft_counters* count = counters_of(probe);
    struct ft_outcome* outcome = outcome_of(execution->point, current_tgid());
    struct ft_end* event;
    __u32 target = execution->target; /* the entry is gone when it is counted */
    __u64 value = 0;

    if (outcome) {
        value = outcome->slot < 0 ? returned : frame ? ft_local(py, frame, outcome->slot) : 0;
        value = judged_value(value, execution->point, current_tgid());
    }
    event = reserve_end_of(count, execution, key, FT_STATUS_SUCCESS);
    if (!event) return;
    if (outcome) {
        set_id(&event->error_type, value, current_tgid());
        if (event->error_type.flags & FT_TEXT_UNREADABLE) COUNT(count, unreadable);
        event->error_type.flags |= FT_TEXT_TOLD;
    }
    forget(key, target);
    bpf_ringbuf_submit(event, submit_flags());
}

#endif

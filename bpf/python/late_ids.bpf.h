/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Nodes whose own ids are known at their end only.
 */
#ifndef FLOWTAP_PYTHON_LATE_IDS_BPF_H
#define FLOWTAP_PYTHON_LATE_IDS_BPF_H

#include "python/identity.bpf.h"

/* Tells the ids that the variables of a frame have now, of the node whose execution is about to end. `code`
 * is the frame's key in `codes`, `info` what is there. */
static __always_inline void report_late_ids(const struct ft_site* site, const struct ft_python* py,
                                            const struct ft_code* info, __u64 key, __u64 frame, __u64 code) {
    __u64 object = 0;
    struct ft_begin* event;

    if (!(info->role & FT_CODE_LATE_IDS)) return;
    if (info->object_slot >= 0) object = ft_local(py, frame, info->object_slot);
    event = reserve_record(site->probe, sizeof(*event));
    if (!event) return;
    fill_header(&event->header, FT_EVENT_NAMED, key,
                info->role & FT_CODE_COROUTINE ? FT_KEY_COROUTINE : FT_KEY_CALL, info->point);
    clear_begin(event);
    if (object) fill_type(py, &event->node_type, object);
    fill_own_in_frame(event, frame, code, info);
    count_unreadable(site, event);
    submit_begin(event);
}

/* The ids that the point's own function knows, where those are read at the begin. */
static __always_inline void fill_own_at_begin(struct ft_begin* event, __u64 frame, __u64 key,
                                              const struct ft_code* info) {
    if (!(info->role & FT_CODE_LATE_IDS)) fill_own_in_frame(event, frame, key, info);
}

#endif

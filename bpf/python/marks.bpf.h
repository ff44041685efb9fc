/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Plain functions whose executions lie between two calls that they make through C: of a class, or of a C
 * function. During such a call, the function's own frame is the running one, and has its locals. The key is
 * that frame, made odd.
 */
#ifndef FLOWTAP_PYTHON_MARKS_BPF_H
#define FLOWTAP_PYTHON_MARKS_BPF_H

#include "python/contexts.bpf.h"
#include "python/late_ids.bpf.h"
#include "python/outcomes.bpf.h"
#include "registers.bpf.h"

/* The called object, as in a function's begins_at or ends_at: the class or, if only one C function passes,
 * the site. */
static __always_inline __u64 marking_call(struct pt_regs* ctx, const struct ft_site* site) {
    return site->object == FT_NO_REGISTER ? PT_REGS_IP(ctx) : register_value(ctx, site->object);
}

/* An exception that was already being handled at the begin does not belong to this execution. */
static __always_inline __u64 handled_now(__u64 tstate, __u32 tgid) {
    __u64 place = handled_place(tstate, tgid);

    return place ? ft_read_u64(place) : 0;
}

/* A call that begins executions may occur again later in the function. While the execution is open, only a
 * call that is not further on in the code belongs to another call of the function, in a frame at the same
 * address. */
static __always_inline int has_begun_before(__u64 frame, __u64 instruction) {
    struct ft_open* execution = find_open(watched_key(frame));

    return execution && execution->key_kind == FT_KEY_CALL && instruction > execution->reader;
}

static __always_inline void begin_marked(const struct ft_site* site, const struct ft_python* py,
                                         struct ft_code* info, __u64 code, __u64 frame, __u64 tstate) {
    __u64 handled = handled_now(tstate, current_tgid()), object = 0;
    __u64 instruction = ft_read_u64(frame + py->frame_instruction);
    struct ft_begin* event;

    if (has_begun_before(frame, instruction)) return;
    if (info->role & FT_CODE_NODE && info->object_slot >= 0) object = ft_local(py, frame, info->object_slot);
    info->seen = 1;
    event = reserve_python(site, info, watched_key(frame), FT_KEY_CALL, FT_EVENT_BEGIN);
    if (!event) return;
    if (!remember(event, site, object, instruction, handled)) return;
    if (object) fill_type(py, &event->node_type, object);
    if (info->role & FT_CODE_NODE)
        fill_from_callers(py, identity_of(event), frame_above(py, frame), object, current_tgid());
    fill_own_at_begin(event, frame, code, info);
    count_unreadable(site, event);
    submit_begin(event);
}

static __always_inline void end_marked(const struct ft_site* site, const struct ft_python* py,
                                       const struct ft_code* info, __u64 code, __u64 frame, __u64 tstate) {
    struct ft_open* execution = find_open(watched_key(frame));

    if (!execution || execution->key_kind != FT_KEY_CALL) return;
    report_late_ids(site, py, info, watched_key(frame), frame, code);
    if (outcome_of(execution->point, current_tgid()))
        end_without_exception(site->probe, execution, watched_key(frame), py, 0, frame);
    else
        end_by_handled(site->probe, execution, watched_key(frame), tstate);
}

SEC("uprobe/python_mark")
int python_mark(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);
    __u64 called, tstate, frame, code;
    struct ft_code* info;

    if (!site || !py) return 0;
    called = marking_call(ctx, site);
    if (site->object != FT_NO_REGISTER && !passes_filter(py, called)) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    frame = ft_current_frame(py, tstate);
    code = ft_frame_code(py, frame);
    if (!passes_filter(py, code)) return 0;
    info = code_info(code, current_tgid());
    if (!info || !(info->role & FT_CODE_WATCHED)) return 0;
    if (called == info->begins_at)
        begin_marked(site, py, info, code, frame, tstate);
    else if (called == info->ends_at)
        end_marked(site, py, info, code, frame, tstate);
    return 0;
}

#endif

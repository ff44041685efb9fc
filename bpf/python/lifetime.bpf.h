/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Coroutines that are awaited without a task: from 3.12 on the interpreter runs them inside the awaiting
 * frame, and no C function shows their steps. So their creation and destruction are observed instead.
 */
#ifndef FLOWTAP_PYTHON_LIFETIME_BPF_H
#define FLOWTAP_PYTHON_LIFETIME_BPF_H

#include "python/failures.bpf.h"
#include "python/steps.bpf.h"

/* See ft_awaits_its_call(). */
__attribute__((noinline)) int is_awaited_on_the_spot(__u64 caller, int through_c, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_awaits_its_call(py, caller, through_c) : 0;
}

/* After _Py_MakeCoro: the new object exists, and its frame is still the running one. */
SEC("uprobe/python_created")
int python_created(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_at(site);
    struct coroutine_start start = {};
    struct ft_code* info;
    __u64 tstate;
    int through_c, on_the_spot;

    if (!site || !py) return 0;
    start.coroutine = register_value(ctx, site->result);
    tstate = ft_thread_state(py);
    if (!start.coroutine || !tstate) return 0;
    start.frame = ft_current_frame(py, tstate);
    start.key = coroutine_key(py, start.frame, tgid);
    info = start.key ? info_at(start.key, tgid) : NULL;
    if (!info || !(info->role & FT_CODE_COROUTINE) || !own_thread_state(py, site)) return 0;
    start.caller = ft_read_u64(start.frame + py->frame_previous);
    through_c = ft_is_shim(py, start.caller);
    if (through_c) start.caller = ft_read_u64(start.caller + py->frame_previous);
    if (info->fails) fail_execution_around(start.caller, start.key, tgid);
    if (info->role & FT_CODE_CARRIER) carry(py, info, start);
    if (!(info->role & (FT_CODE_WORKFLOW | FT_CODE_NODE))) return 0;
    if (is_no_own_execution(py, info, start.caller, node_of(py, info, start.frame), tgid)) {
        abandon(start.coroutine, info->point, site->target);
        return 0;
    }
    on_the_spot = is_awaited_on_the_spot(start.caller, through_c, tgid);
    /* If every await passes PyIter_Send, the first step is the begin. But if the first step is on another
     * stack, as a task's is, only the creation shows to whom the node belongs. */
    if (!py->inlines_awaits && !(info->role & FT_CODE_ENTRUSTED) &&
        (on_the_spot || !(info->role & FT_CODE_NODE))) {
        forget(start.coroutine, site->target);
        return 0;
    }
    if (has_driver(py, info)) start.driver = driver_of_frame(start.caller, tgid);
    begin_coroutine(site, py, info, start,
                    py->inlines_awaits && on_the_spot ? FT_EVENT_BEGIN : FT_EVENT_CREATED);
    return 0;
}

/* Status of a coroutine whose frame is cleared. */
static __always_inline __u8 completed(const struct ft_python* py, const struct ft_open* execution,
                                      __u64 coroutine, __u64 tstate) {
    return ends_unbegun(py, execution, coroutine) ? FT_STATUS_ABORTED : outcome_now(py, tstate);
}

static __always_inline void name_completed(const struct ft_site* site, const struct ft_python* py,
                                           __u64 coroutine, __u64 frame) {
    __u64 key = coroutine_key(py, frame, current_tgid());
    struct ft_code* info = key ? info_at(key, current_tgid()) : NULL;

    if (info) report_late_ids(site, py, info, coroutine, frame, key);
}

/* The interpreter clears the frame of a generator that finished, however it was driven (3.12+). An
 * exception that leaves it is pending; no handler has run yet, and the locals still exist. */
SEC("uprobe/python_completion")
int python_completion(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);
    struct ft_open* execution;
    __u64 frame, coroutine, tstate;
    __u8 status;

    if (!site || !py) return 0;
    frame = register_value(ctx, site->object);
    /* Functions of newer classes are known only by their names. */
    if (!passes_filter(py, ft_frame_code(py, frame)) &&
        !passes_filter(py, ft_read_u64(ft_frame_function(py, frame) + py->function_name)))
        return 0;
    coroutine = frame - py->generator_frame;
    execution = ending_coroutine(coroutine);
    if (!execution) return 0;
    tstate = ft_thread_state(py);
    if (execution->driver)
        check_driver(execution, driver_of(coroutine, ft_current_frame(py, tstate), current_tgid()));
    status = completed(py, execution, coroutine, tstate);
    if (status != FT_STATUS_ABORTED) name_completed(site, py, coroutine, frame);
    if (status == FT_STATUS_SUCCESS)
        end_without_exception(site->probe, execution, coroutine, py, ft_returned(py, frame), frame);
    else
        end_execution(site->probe, execution, coroutine, status, py, tstate);
    return 0;
}

/* Whether a coroutine that ended without completing has run at all. */
static __always_inline int has_run(const struct ft_python* py, __u64 coroutine) {
    return !ft_has_never_run(py, coroutine) && !ft_stands_before_first_step(py, coroutine);
}

/* Single letters: with one more string constant in the object, Linux 6.18 finds another program too
 * complex. */
static __always_inline void set_generator_exit(struct ft_text* text) {
    char* to = text->data;

    *to++ = 'G', *to++ = 'e', *to++ = 'n', *to++ = 'e', *to++ = 'r', *to++ = 'a', *to++ = 't', *to++ = 'o';
    *to++ = 'r', *to++ = 'E', *to++ = 'x', *to++ = 'i', *to++ = 't';
    text->encoding = FT_TEXT_UTF8;
    text->length = to - text->data;
}

/* Reports the end of a coroutine that ran unseen and was then closed: GeneratorExit shows that it ran. */
static __always_inline void end_closed(__u32 probe, const struct ft_open* execution, __u64 key) {
    __u32 target = execution->target;
    struct ft_end* event = reserve_end_of(counters_of(probe), execution, key, FT_STATUS_FAILED);

    if (!event) return;
    set_generator_exit(&event->error_type);
    forget(key, target);
    bpf_ringbuf_submit(event, submit_flags());
}

/* A coroutine that is destroyed, or closed without being run. If no probe observes completions (the site
 * is gen_dealloc then), an awaited one is destroyed when its await completes, with its exception still
 * pending. Generators that are closed where they run nothing more are only seen to be destroyed (runs_on
 * without unfinished); those that are suspended then are seen when they are finalized. */
SEC("uprobe/python_destroyed")
int python_destroyed(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);
    struct ft_open* execution;
    __u64 coroutine, tstate;
    __u8 status = FT_STATUS_ABORTED;
    __u32 point;
    int has_never_run;

    if (!site || !py) return 0;
    coroutine = register_value(ctx, site->object);
    if (!site->unfinished && site->runs_on && ft_is_suspended(py, coroutine)) return 0;
    execution = ending_coroutine(coroutine);
    if (!execution) return 0;
    point = execution->point;
    tstate = ft_thread_state(py);
    has_never_run = ft_has_never_run(py, coroutine);
    if (!site->unfinished && !site->runs_on && !has_never_run && !ft_is_suspended(py, coroutine))
        status = outcome_now(py, tstate);
    if ((site->unfinished || site->runs_on) && execution->state == FT_OPEN_CREATED && has_run(py, coroutine))
        end_closed(site->probe, execution, coroutine);
    else
        end_execution(site->probe, execution, coroutine, status, py, tstate);
    if (site->unfinished && site->runs_on && !has_never_run) abandon(coroutine, point, site->target);
    return 0;
}

#endif

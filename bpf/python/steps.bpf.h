/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Coroutines that C drives (tasks), step by step: gen_send_ex2 and its inlined copies. The key is the
 * coroutine object, which may move between threads.
 */
#ifndef FLOWTAP_PYTHON_STEPS_BPF_H
#define FLOWTAP_PYTHON_STEPS_BPF_H

#include "python/late_ids.bpf.h"
#include "python/outcomes.bpf.h"
#include "registers.bpf.h"

/* A coroutine that has not run: its object, the frame that holds its arguments now, the frame above, and
 * the key in `codes` of the profiles' function that it runs. */
struct coroutine_start {
    __u64 coroutine;
    __u64 frame;
    __u64 key;
    __u64 caller;
    __u64 driver; /* if clocks are kept; 0: unknown */
};

/* The profiles' function that this coroutine frame runs; 0: none, or one that is observed in another way. */
static __always_inline __u64 coroutine_key(const struct ft_python* py, __u64 frame, __u32 tgid) {
    __u64 code = ft_frame_code(py, frame);
    __u64 function = ft_frame_function(py, frame);
    __u64 name = ft_read_u64(function + py->function_name);
    struct ft_code* info;

    /* True for nearly every coroutine. */
    if (!passes_filter(py, code) && !passes_filter(py, name)) return 0;
    info = code_info(code, tgid);
    if (!info) info = code_info(name, tgid);
    if (!info || !(info->role & (FT_CODE_COROUTINE | FT_CODE_SHARED))) return 0;
    if (!info->base && !info->function && !(info->role & FT_CODE_SHARED)) return code;
    return function_key(function, code, ft_first_argument(py, frame, code), tgid);
}

static __always_inline __u64 node_of(const struct ft_python* py, const struct ft_code* info, __u64 frame) {
    if (info->object_slot >= 0) return ft_local(py, frame, info->object_slot);
    return info->base ? ft_first_argument(py, frame, ft_frame_code(py, frame)) : 0;
}

/* Marks a coroutine whose further steps must not count: its execution has ended although it may run once
 * more, or it is part of another execution. */
static __attribute__((noinline)) void abandon(__u64 coroutine, __u32 point, __u32 target) {
    struct ft_open_key key = {.key = coroutine, .tgid = current_tgid()};
    struct ft_open value = {};

    value.point = point;
    value.key_kind = FT_KEY_COROUTINE;
    value.state = FT_OPEN_IN_FLIGHT;
    value.target = target;
    (void)put_open(&key, &value);
}

/* Whether a coroutine is not an execution of its own: it is part of its caller's, or its function is a
 * node only below certain callers, and its caller is none of them. */
static __always_inline int is_no_own_execution(const struct ft_python* py, const struct ft_code* info,
                                               __u64 caller, __u64 node, __u32 tgid) {
    if (!(info->role & FT_CODE_NODE)) return 0;
    if (node && is_part_of_another(caller, node, tgid)) return 1;
    return info->role & FT_CODE_ENTRUSTED && !is_entrusted(py, caller, tgid);
}

/* A generator is suspended while the code that iterates it runs, so no driver's clock shows its running
 * time. */
static __always_inline int has_driver(const struct ft_python* py, const struct ft_code* info) {
    return py->clocks && (info->role & (FT_CODE_NODE | FT_CODE_GENERATOR)) == FT_CODE_NODE;
}

/* Begins a coroutine's execution or, with kind FT_EVENT_CREATED, announces one that exists but does not run
 * yet. */
static __always_inline void begin_coroutine(const struct ft_site* site, const struct ft_python* py,
                                            struct ft_code* info, struct coroutine_start start, __u16 kind) {
    __u64 node = node_of(py, info, start.frame), clock_ns = 0;
    struct ft_begin* event;

    info->seen = 1;
    event = reserve_python(site, info, start.coroutine, FT_KEY_COROUTINE, kind);
    if (!event) return;
    if (start.driver) clock_ns = clock_at(start.driver, event->header.time_ns);
    if (!remember(event, site, node, clock_ns ? start.driver : 0, clock_ns)) return;
    if (info->role & FT_CODE_NODE) {
        if (node) fill_type(py, &event->node_type, node);
        fill_from_callers(py, identity_of(event), start.caller, node, current_tgid());
        fill_from_carried(identity_of(event), node, start.caller);
    }
    fill_own_at_begin(event, start.frame, start.key, info);
    count_unreadable(site, event);
    submit_begin(event);
}

/* Notes what the stack knows about a node that is about to be handed to another thread: under the cell that
 * holds the node, if functions inside the coroutine's function use it, else under the node. */
static __always_inline void carry(const struct ft_python* py, const struct ft_code* info,
                                  struct coroutine_start start) {
    __u64 local = ft_read_u64(start.frame + py->frame_locals + 8ULL * info->object_slot) & py->reference_mask;
    __u64 node = ft_local(py, start.frame, info->object_slot);
    __u32 tgid = current_tgid();
    struct ft_carried* carried = node ? carried_entry(local, tgid) : NULL;

    if (!carried) return;
    carried->coroutine = start.coroutine;
    carried->code = ft_frame_code(py, start.frame);
    carried->slot = info->object_slot;
    fill_ids(&carried->identity, start.frame, start.key, info, 1);
    fill_from_callers(py, &carried->identity, start.caller, node, tgid);
}

/* A coroutine that was running when flowtap attached: noted once; its end is not reported. */
static __attribute__((noinline)) void note_in_flight(const struct ft_site* site, const struct ft_code* info,
                                                     __u64 key) {
    struct ft_open_key open_key = {.key = key, .tgid = current_tgid()};
    struct ft_open value = {.begin_ns = bpf_ktime_get_ns(),
                            .point = info->point,
                            .tid = bpf_get_current_pid_tgid(),
                            .key_kind = FT_KEY_COROUTINE,
                            .state = FT_OPEN_IN_FLIGHT,
                            .probe = site->probe,
                            .target = site->target};

    if (put_open(&open_key, &value) != FT_ROOM) return;
    report_in_flight(site->probe, key, FT_KEY_COROUTINE, info->point);
}

SEC("uprobe/python_step_entry")
int python_step_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    __u32 tgid = current_tgid();
    struct ft_python* py = python_at(site);
    struct coroutine_start start = {};
    struct ft_open* known;
    struct ft_code* info;
    __u64 tstate;

    if (!site || !py) return 0;
    start.coroutine = register_value(ctx, site->object);
    if (py->clocks) drive_begins(start.coroutine, PT_REGS_SP(ctx) + site->stack_adjust);
    start.frame = start.coroutine + py->generator_frame;
    start.key = coroutine_key(py, start.frame, tgid);
    info = start.key ? info_at(start.key, tgid) : NULL;
    if (!info || !(info->role & FT_CODE_COROUTINE)) return 0;
    if (!ft_has_never_run(py, start.coroutine) && !ft_stands_before_first_step(py, start.coroutine)) {
        if (info->role & (FT_CODE_WORKFLOW | FT_CODE_NODE) && !find_open(start.coroutine))
            note_in_flight(site, info, start.coroutine);
        return 0;
    }
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    /* throw() into a coroutine that never ran ends it without running it: there is no execution. */
    if (ft_read_u64(tstate + py->tstate_exception)) {
        known = find_open(start.coroutine);
        if (known && known->state == FT_OPEN_CREATED)
            end_execution(site->probe, known, start.coroutine, FT_STATUS_ABORTED, py, tstate);
        return 0;
    }
    start.caller = ft_current_frame(py, tstate);
    /* Not on the other thread, whose stack shows nothing that was not seen at its creation. */
    if (info->role & FT_CODE_CARRIER && known_frame(start.caller, tgid)) carry(py, info, start);
    if (!(info->role & (FT_CODE_WORKFLOW | FT_CODE_NODE))) return 0;
    known = find_open(start.coroutine);
    /* Its creation showed that it is part of another execution, or that it is awaited immediately. In the
     * latter case this step is the begin all the same if another frame evaluator is in use (PEP 523). */
    if (known && known->state == FT_OPEN_IN_FLIGHT) return 0;
    if (known && known->state == FT_OPEN_RUNNING && py->inlines_awaits) return 0;
    if (!known && is_no_own_execution(py, info, start.caller, node_of(py, info, start.frame), tgid)) {
        abandon(start.coroutine, info->point, site->target);
        return 0;
    }
    if (has_driver(py, info)) start.driver = driver_below(py, start.coroutine, start.caller, tgid);
    begin_coroutine(site, py, info, start, FT_EVENT_BEGIN);
    return 0;
}

/* The open execution of a coroutine that has ended. One that was in flight at the attach ends here
 * unreported. */
static __always_inline struct ft_open* ending_coroutine(__u64 coroutine) {
    struct ft_open* execution = find_open(coroutine);

    if (!execution || execution->key_kind != FT_KEY_COROUTINE) return NULL;
    if (execution->state != FT_OPEN_IN_FLIGHT) return execution;
    forget(coroutine, execution->target);
    return NULL;
}

/* The driver's clock gives an execution's running time only if it ends in the chain of awaits in which it
 * began. */
static __always_inline void check_driver(struct ft_open* execution, __u64 driver) {
    if (execution->driver != driver) execution->driver = 0;
}

/* Whether a coroutine that ends now never ran: throw() ends one without running it, and so does a close()
 * that evaluates it itself, whose only step shows no begin. */
static __always_inline int ends_unbegun(const struct ft_python* py, const struct ft_open* execution,
                                        __u64 coroutine) {
    return execution->state == FT_OPEN_CREATED && ft_stands_before_first_step(py, coroutine);
}

static __always_inline void end_step(struct pt_regs* ctx, const struct ft_site* site,
                                     const struct ft_python* py) {
    __u64 coroutine = register_value(ctx, site->object);
    struct ft_open* execution;
    __u64 tstate, returned;

    if (ft_is_suspended(py, coroutine)) return;
    execution = ending_coroutine(coroutine);
    if (!execution) return;
    tstate = ft_thread_state(py);
    if (execution->driver)
        check_driver(execution, driver_below(py, coroutine, ft_current_frame(py, tstate), current_tgid()));
    returned = register_value(ctx, site->result);
    if (returned)
        end_without_exception(site->probe, execution, coroutine, py, returned, 0);
    else
        end_execution(site->probe, execution, coroutine,
                      ends_unbegun(py, execution, coroutine) ? FT_STATUS_ABORTED : FT_STATUS_FAILED, py,
                      tstate);
}

/* After the evaluation inside gen_send_ex2, which may have suspended the coroutine or ended it. */
SEC("uprobe/python_step_exit")
int python_step_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);

    if (!site || !py) return 0;
    end_step(ctx, site, py);
    if (py->clocks) drive_ends(PT_REGS_SP(ctx) + site->stack_adjust);
    return 0;
}

/* A coroutine's throw() and close(): they run what it awaits, innermost first, without a step of its own. */
SEC("uprobe/python_drive_entry")
int python_drive_entry(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);

    if (site) drive_begins(register_value(ctx, site->object), PT_REGS_SP(ctx) + site->stack_adjust);
    return 0;
}

SEC("uprobe/python_drive_exit")
int python_drive_exit(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);

    if (site) drive_ends(PT_REGS_SP(ctx) + site->stack_adjust);
    return 0;
}

#endif

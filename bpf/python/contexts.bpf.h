/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Context variables whose values are executions: one begins where the variable is set, and ends where it is
 * reset with the token of that set(), set to nothing (None or its default), or set back to the value it had
 * before. Each context (PyContext) has its own; tasks and threads have contexts of their own.
 */
#ifndef FLOWTAP_PYTHON_CONTEXTS_BPF_H
#define FLOWTAP_PYTHON_CONTEXTS_BPF_H

#include "python/lifetime.bpf.h"

#define FT_MAX_HANDLERS 32 /* each coroutine that awaits another one has its own */

/* Address of the exception that is handled from this handler outwards; 0: none. */
__attribute__((noinline)) __u64 handled_from(__u64 item, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    FT_ROUNDS(i, FT_MAX_HANDLERS, item) {
        __u64 value = ft_read_u64(item);

        if (value && value != py->none) return item;
        item = ft_read_u64(item + FT_ERROR_PREVIOUS);
    }
    return 0;
}

/* Address of the exception that the thread is handling, found as sys.exception() finds it; 0: none. */
static __always_inline __u64 handled_place(__u64 tstate, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? handled_from(ft_read_u64(tstate + py->tstate_exc_info), tgid) : 0;
}

/* Not an address, which the keys of other executions are. Two keys made in the same nanosecond are of threads
 * that run at the same time. */
static __always_inline __u64 new_key(void) {
    return 1ULL << 63 | (bpf_ktime_get_ns() << 6 & ~(1ULL << 63)) | (bpf_get_current_pid_tgid() & 63);
}

static __always_inline struct ft_levels* levels_of(__u64 context) {
    struct ft_open_key key = {.key = context, .tgid = current_tgid()};

    return bpf_map_lookup_elem(&contexts, &key);
}

static __always_inline struct ft_levels* made_levels(__u64 context) {
    struct ft_open_key key = {.key = context, .tgid = current_tgid()};
    struct ft_levels* levels = bpf_map_lookup_elem(&contexts, &key);
    __u32 zero = 0;

    if (levels) return levels;
    levels = bpf_map_lookup_elem(&no_levels, &zero);
    if (!levels || bpf_map_update_elem(&contexts, &key, levels, BPF_NOEXIST)) return NULL;
    return bpf_map_lookup_elem(&contexts, &key);
}

static __always_inline void forget_levels(__u64 context) {
    struct ft_open_key key = {.key = context, .tgid = current_tgid()};

    bpf_map_delete_elem(&contexts, &key);
}

/* Frees the ended levels at the top: an engine that never resets its variable never frees them itself. */
static __always_inline void drop_ended(struct ft_levels* levels, int with_tokens) {
    for (int i = FT_MAX_LEVELS - 1; i >= 0; i--) {
        struct ft_level* level = &levels->at[i];

        if (levels->count != (__u64)i + 1 || level->key || (level->token && !with_tokens)) continue;
        levels->count = i;
    }
}

/* NULL: all are in use. */
static __always_inline struct ft_level* new_level(struct ft_levels* levels) {
    if (levels->count == FT_MAX_LEVELS) drop_ended(levels, 1);
    for (int i = 0; i < FT_MAX_LEVELS; i++) {
        if (levels->count != (__u64)i) continue;
        levels->count = i + 1;
        return &levels->at[i];
    }
    return NULL;
}

/* The newest level of a variable whose execution is open in a context. */
static __always_inline struct ft_level* open_level(struct ft_levels* levels, __u64 variable) {
    for (int i = FT_MAX_LEVELS - 1; i >= 0; i--) {
        struct ft_level* level = &levels->at[i];

        if ((__u64)i < levels->count && level->variable == variable && level->key) return level;
    }
    return NULL;
}

/* Key of the newest workflow that is open in a context; 0: none is. */
__attribute__((noinline)) __u64 workflow_of_context(__u64 context, __u32 tgid) {
    struct ft_open_key key = {.key = context, .tgid = tgid};
    struct ft_levels* levels = bpf_map_lookup_elem(&contexts, &key);

    if (!levels) return 0;
    for (int i = FT_MAX_LEVELS - 1; i >= 0; i--) {
        struct ft_level* level = &levels->at[i];
        struct ft_code* info;

        if ((__u64)i >= levels->count || !level->key) continue;
        info = info_at(level->variable, tgid);
        if (info && info->role & FT_CODE_WORKFLOW) return level->key;
    }
    return 0;
}

/* Resets stand in a finally block: an exception that was not being handled at the begin is leaving. */
static __attribute__((noinline)) void end_by_handled(__u32 probe, const struct ft_open* execution, __u64 key,
                                                     __u64 tstate) {
    __u32 tgid = current_tgid();
    struct ft_python* py = python_of(tgid);
    __u64 place, exception;
    __u8 status;

    if (!py) return;
    place = handled_place(tstate, tgid);
    exception = place ? ft_read_u64(place) : 0;
    status = exception && exception != execution->handled ? FT_STATUS_FAILED : FT_STATUS_SUCCESS;
    if (py->exception_is_type) place = exception + FT_OBJECT_TYPE;
    end_execution(probe, execution, key, status, py, place - py->tstate_exception);
}

/* Global functions, as in python/known_codes.bpf.h. */
__attribute__((noinline)) int end_in_context(__u64 key, __u32 probe, __u64 tstate) {
    struct ft_open* execution = find_open(key);

    if (execution) end_by_handled(probe, execution, key, tstate);
    return 0;
}

__attribute__((noinline)) int abort_in_context(__u64 key, __u32 probe) {
    struct ft_open* execution = find_open(key);

    if (execution) end_execution(probe, execution, key, FT_STATUS_ABORTED, NULL, 0);
    return 0;
}

static __always_inline void end_level(__u32 probe, struct ft_level* level, __u64 tstate) {
    __u64 key = level->key;

    level->key = 0;
    end_in_context(key, probe, tstate);
}

/* The variable was never reset: its context was destroyed, or an outer value was reset. */
static __always_inline void abort_level(__u32 probe, struct ft_level* level) {
    __u64 key = level->key;

    level->key = 0;
    abort_in_context(key, probe);
}

enum ft_set { FT_SET_LOST = -1, FT_SET_BEGINS_NOTHING = 0, FT_SET_BEGINS = 1 };

/* Notes a call of set(), and ends what it ends. Global, as its loops would be verified for every way through
 * them otherwise. */
__attribute__((noinline)) int note_set(__u64 variable, __u64 token, __u64 value, __u32 probe) {
    struct ft_python* py = python_of(current_tgid());
    __u64 context = ft_read_u64(token + FT_TOKEN_CONTEXT);
    struct ft_level *level, *before;
    struct ft_levels* levels;
    __u64 old, none;
    int ends;

    if (!py) return FT_SET_BEGINS_NOTHING;
    levels = made_levels(context);
    level = levels ? new_level(levels) : NULL;
    if (!level) return FT_SET_LOST;
    none = ft_read_u64(variable + FT_VARIABLE_DEFAULT);
    old = ft_read_u64(token + FT_TOKEN_OLD);
    if (!old) old = none;
    level->variable = variable;
    level->token = token;
    level->old = old;
    level->key = 0;
    if (value == old) return FT_SET_BEGINS_NOTHING;
    before = open_level(levels, variable);
    ends = value == py->none || value == none || (before && before->old == value);
    if (before && ends) end_level(probe, before, ft_thread_state(py));
    return ends ? FT_SET_BEGINS_NOTHING : FT_SET_BEGINS;
}

/* Notes the key of the execution that begins with this token. */
__attribute__((noinline)) int note_key(__u64 token, __u64 key) {
    struct ft_levels* levels = levels_of(ft_read_u64(token + FT_TOKEN_CONTEXT));

    if (!levels) return 0;
    for (int i = FT_MAX_LEVELS - 1; i >= 0; i--) {
        if ((__u64)i >= levels->count || levels->at[i].token != token) continue;
        levels->at[i].key = key;
        return 1;
    }
    return 0;
}

static __always_inline void begin_value(const struct ft_site* site, const struct ft_python* py,
                                        struct ft_code* info, __u64 variable, __u64 value, __u64 token,
                                        __u64 tstate) {
    struct path_origin from = {.self = value};
    __u64 key = new_key(), parent = 0, place;
    __u32 tgid = current_tgid();
    struct ft_begin* event;

    if (info->role & FT_CODE_NODE) parent = workflow_of_context(ft_read_u64(token + FT_TOKEN_CONTEXT), tgid);
    place = handled_place(tstate, tgid);
    if (place) place = ft_read_u64(place);
    info->seen = 1;
    event = reserve_python(site, info, key, FT_KEY_CONTEXT, FT_EVENT_BEGIN);
    if (!event) return;
    if (!remember(event, site, value, 0, place)) return;
    note_key(token, key);
    if (info->role & FT_CODE_NODE) {
        if (!ft_plain_kind(py, value)) fill_type(py, &event->node_type, value);
        fill_from_callers(py, identity_of(event), ft_current_frame(py, tstate), value, tgid);
        if (!event->parent_key) event->parent_key = parent;
    }
    fill_own(event, &from, variable, info);
    count_unreadable(site, event);
    submit_begin(event);
}

static __always_inline void lose_value(const struct ft_site* site) {
    struct ft_counters* count = counters_of(site->probe);

    COUNT(count, events);
    COUNT(count, lost_open_full);
}

/* In ContextVar.set(), once the token exists: by then the context exists, even for its first variable. */
SEC("uprobe/python_context_set")
int python_context_set(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_python* py = python_at(site);
    __u64 variable, value, token, tstate;
    struct ft_code* info;
    int change;

    if (!site || !py) return 0;
    variable = register_value(ctx, site->object);
    if (!passes_filter(py, variable)) return 0;
    info = code_info(variable, current_tgid());
    if (!info || !(info->role & FT_CODE_CONTEXT)) return 0;
    token = register_value(ctx, site->result);
    value = register_value(ctx, site->function);
    /* There was no memory for a token, so nothing is set. */
    if (ft_read_u64(token + FT_TOKEN_VARIABLE) != variable) return 0;
    tstate = own_thread_state(py, site);
    if (!tstate) return 0;
    change = note_set(variable, token, value, site->probe);
    if (change == FT_SET_LOST) lose_value(site);
    if (change == FT_SET_BEGINS) begin_value(site, py, info, variable, value, token, tstate);
    return 0;
}

/* Number of the level with this token; negative: none, as the variable was set before the attach. */
static __always_inline int level_of_token(const struct ft_levels* levels, __u64 token) {
    for (int i = FT_MAX_LEVELS - 1; i >= 0; i--)
        if ((__u64)i < levels->count && levels->at[i].token == token) return i;
    return -1;
}

static __always_inline void end_levels(struct ft_site* site, struct ft_levels* levels, __u64 variable,
                                       int last, __u64 tstate) {
    for (int i = FT_MAX_LEVELS - 1; i >= 0; i--) {
        struct ft_level* level = &levels->at[i];

        if (i < last || (__u64)i >= levels->count || level->variable != variable) continue;
        if (level->key && i == last) end_level(site->probe, level, tstate);
        if (level->key && i != last) abort_level(site->probe, level);
        level->token = 0;
    }
}

/* At ContextVar.reset(token). One that raises changes nothing. */
static __always_inline void reset_value(struct ft_site* site, const struct ft_python* py, __u64 variable,
                                        __u64 token, __u32 point) {
    __u64 context = ft_read_u64(token + FT_TOKEN_CONTEXT), tstate;
    struct ft_levels* levels;
    int number;

    if (ft_read_u32(token + FT_TOKEN_USED) || ft_read_u64(token + FT_TOKEN_VARIABLE) != variable) return;
    tstate = own_thread_state(py, site);
    if (!tstate || ft_read_u64(tstate + py->tstate_context) != context) return;
    levels = levels_of(context);
    number = levels ? level_of_token(levels, token) : -1;
    if (!levels || number < 0) {
        report_in_flight(site->probe, 1ULL << 63 | token, FT_KEY_CONTEXT, point);
        return;
    }
    end_levels(site, levels, variable, number, tstate);
    drop_ended(levels, 0);
    if (!levels->count) forget_levels(context);
}

/* What is still set in a context that is destroyed will never be reset. */
SEC("uprobe/python_context_destroyed")
int python_context_destroyed(struct pt_regs* ctx) {
    struct ft_site* site = current_site(ctx);
    struct ft_levels* levels;
    __u64 context;

    if (!site) return 0;
    context = register_value(ctx, site->object);
    levels = levels_of(context);
    if (!levels) return 0;
    for (int i = 0; i < FT_MAX_LEVELS; i++)
        if ((__u64)i < levels->count && levels->at[i].key) abort_level(site->probe, &levels->at[i]);
    forget_levels(context);
    return 0;
}

#endif

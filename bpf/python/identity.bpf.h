/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Who an execution is: ids from its own frame, from the frames that called it, or from where its node was
 * handed to another thread.
 */
#ifndef FLOWTAP_PYTHON_IDENTITY_BPF_H
#define FLOWTAP_PYTHON_IDENTITY_BPF_H

#include "execution.bpf.h"
#include "python/path_values.bpf.h"

/* Python frames looked at above a node for the function that knows its ids: so many in one global function,
 * whose loop is what the verifier follows, and that so many times. */
#define FT_MAX_FRAMES 24
#define FT_MAX_STRETCHES 6

/* In the lowest bits of a frame's address: the stack goes on from here; it stands above another node. */
#define FT_WALK_GOES_ON 1ULL
#define FT_WALK_IN_ANOTHER 2ULL
#define FT_WALK_BITS 3ULL

static __always_inline struct ft_identity* identity_of(struct ft_begin* event) {
    return (struct ft_identity*)&event->parent_key;
}

/* Not inline: its stack is free again while the callers are searched. Not global either: a text is no scalar.
 */
static __attribute__((noinline)) void set_id(struct ft_text* text, __u64 value, __u32 tgid) {
    ft_text_from(text, value ? text_source(value, tgid) : FT_SOURCE_UNREADABLE);
}

/* The type of a node as a path tells it: a text stands for itself, anything else for its class. */
static __attribute__((noinline)) void set_type(struct ft_text* text, __u64 value, __u32 tgid) {
    struct ft_python* py = python_of(tgid);

    if (!py) return;
    if (!value || value == FT_MORE_KEYS) {
        ft_text_unreadable(text);
    } else if (ft_plain_kind(py, value) == FT_PLAIN_STR) {
        ft_text_from(text, text_source(value, tgid));
    } else {
        ft_text_type_name(py, text, ft_class_of(py, value));
    }
}

static __always_inline void fill_id(struct ft_text* text, __u32 path, const struct path_origin* from,
                                    __u64 key, __u32 tgid) {
    if (!path || text->encoding != FT_TEXT_NONE) return;
    set_id(text, path_value(path_start(from, key, path, tgid), path, tgid), tgid);
}

/* Fills the ids that are still empty and that this code knows. */
static __always_inline void fill_ids_from(struct ft_identity* identity, const struct path_origin* from,
                                          __u64 key, const struct ft_code* info, int node) {
    __u32 tgid = current_tgid();

    FT_AFRESH(identity);
    fill_id(&identity->workflow_id, info->paths[FT_PATH_WORKFLOW_ID], from, key, tgid);
    fill_id(&identity->workflow_name, info->paths[FT_PATH_WORKFLOW_NAME], from, key, tgid);
    if (node) fill_id(&identity->node_id, info->paths[FT_PATH_NODE_ID], from, key, tgid);
}

/* The same from the variables of a frame. */
static __always_inline void fill_ids(struct ft_identity* identity, __u64 frame, __u64 key,
                                     const struct ft_code* info, int node) {
    struct path_origin from = {.frame = frame};

    fill_ids_from(identity, &from, key, info, node);
}

/* Fills the ids that the point's own function knows. */
static __always_inline void fill_own(struct ft_begin* event, const struct path_origin* from, __u64 key,
                                     const struct ft_code* info) {
    __u32 path = info->paths[FT_PATH_NODE_TYPE], tgid = current_tgid();

    fill_ids_from(identity_of(event), from, key, info, 1);
    if (path) set_type(&event->node_type, path_end(path_start(from, key, path, tgid), path, tgid), tgid);
}

static __always_inline void fill_own_in_frame(struct ft_begin* event, __u64 frame, __u64 key,
                                              const struct ft_code* info) {
    struct path_origin from = {.frame = frame};

    fill_own(event, &from, key, info);
}

/* The calling frame, skipping the one that CPython 3.12 and newer insert for calls from C. */
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

__attribute__((noinline)) __u64 known_frame_within(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    FT_ROUNDS(i, FT_MAX_FRAMES, frame) {
        if (frame_key(py, frame, tgid)) return frame;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return frame ? frame | FT_WALK_GOES_ON : 0;
}

/* The next frame of the stack whose function a profile knows. */
static __always_inline __u64 known_frame(__u64 frame, __u32 tgid) {
    for (int i = 0; i < FT_MAX_STRETCHES; i++) {
        frame = known_frame_within(frame & ~FT_WALK_BITS, tgid);
        if (!(frame & FT_WALK_GOES_ON)) return frame;
    }
    return 0;
}

static __always_inline int is_open_around(__u64 key, int called, __u32 tgid) {
    struct ft_open_key open_key = {.key = key, .tgid = tgid};
    struct ft_open* execution = bpf_map_lookup_elem(&open, &open_key);

    if (!execution || execution->state == FT_OPEN_IN_FLIGHT) return 0;
    if (execution->key_kind != FT_KEY_FRAME) return 1;
    return called && execution->tid == (__u32)bpf_get_current_pid_tgid();
}

/* The open execution that a frame is part of, as its key; with `called`, also one that the frame has called,
 * which is around all frames below. 0: none. */
__attribute__((noinline)) __u64 execution_of_frame(__u64 frame, int called, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 coroutine;

    if (!py || !frame) return 0;
    if (is_open_around(frame, called, tgid)) return frame;
    if (is_open_around(watched_key(frame), called, tgid)) return watched_key(frame);
    coroutine = frame - py->generator_frame;
    return ft_is_generator_frame(py, frame) && is_open_around(coroutine, called, tgid) ? coroutine : 0;
}

static __always_inline __u64 object_of_execution(__u64 key, __u32 tgid) {
    struct ft_open_key open_key = {.key = key, .tgid = tgid};
    struct ft_open* execution = key ? bpf_map_lookup_elem(&open, &open_key) : NULL;

    return execution ? execution->object : 0;
}

/* The node whose execution a frame of the function `key` is part of; 0: none, or not known. */
__attribute__((noinline)) __u64 node_of_frame(__u64 frame, __u64 key, int called, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 node = object_of_execution(execution_of_frame(frame, called, tgid), tgid);
    struct ft_code* info;

    if (node || !py) return node;
    info = info_at(key, tgid);
    if (!info || !(info->role & (FT_CODE_NODE | FT_CODE_PASSING))) return 0;
    return ft_first_argument(py, frame, ft_frame_code(py, frame));
}

__attribute__((noinline)) __u64 next_of_interest_within(__u64 frame, int called, __u64 node, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 in_another = 0;

    if (!py) return 0;
    FT_ROUNDS(i, FT_MAX_FRAMES, frame) {
        __u64 key = frame_key(py, frame, tgid);
        __u64 inside = node_of_frame(frame, key, called, tgid);

        if (inside && inside != node) in_another = FT_WALK_IN_ANOTHER;
        if (key) return frame | in_another;
        called = 1;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return frame ? frame | in_another | FT_WALK_GOES_ON : 0;
}

/* The next frame of a known function, with FT_WALK_IN_ANOTHER where it stands above another node than `node`.
 */
static __always_inline __u64 next_of_interest(__u64 frame, int called, __u64 node, __u32 tgid) {
    __u64 in_another = 0;

    for (int i = 0; i < FT_MAX_STRETCHES; i++) {
        frame = next_of_interest_within(frame & ~FT_WALK_BITS, called || i, node, tgid);
        in_another |= frame & FT_WALK_IN_ANOTHER;
        if (!(frame & FT_WALK_GOES_ON)) return frame ? frame | in_another : 0;
    }
    return 0;
}

/* Walks up from the frame that called a node: ids from the callers that know them, and the workflow. Above
 * another node's frames a node id is that node's, not this one's. */
static __always_inline void fill_from_callers(const struct ft_python* py, struct ft_identity* identity,
                                              __u64 frame, __u64 node, __u32 tgid) {
    __u64 in_another = 0;

    for (int i = 0; i < 4; i++) {
        struct ft_code* info;
        __u64 key;

        frame = next_of_interest(frame, i, node, tgid);
        in_another |= frame & FT_WALK_IN_ANOTHER;
        frame &= ~FT_WALK_BITS;
        if (!frame) return;
        key = frame_key(py, frame, tgid);
        info = info_at(key, tgid);
        if (!info) return;
        if (info->role & (FT_CODE_CALLER | FT_CODE_WORKFLOW))
            fill_ids(identity, frame, key, info, !in_another);
        if (info->role & FT_CODE_WORKFLOW) {
            identity->parent_key = execution_key(py, frame, info);
            return;
        }
        /* The outer node's workflow, in case the workflow's own frame is too far away. */
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

/* Status of what ends now: failed where an exception is pending. */
static __always_inline __u8 outcome_now(const struct ft_python* py, __u64 tstate) {
    return ft_read_u64(tstate + py->tstate_exception) ? FT_STATUS_FAILED : FT_STATUS_SUCCESS;
}

static __always_inline __u8 state_after(__u16 kind) {
    return kind == FT_EVENT_CREATED ? FT_OPEN_CREATED : FT_OPEN_RUNNING;
}

/* Reserves the begin of an execution (or FT_EVENT_CREATED), which remember() then notes; NULL, and counted,
 * where there is no room. */
static __always_inline struct ft_begin* reserve_python(const struct ft_site* site, const struct ft_code* info,
                                                       __u64 key, __u8 key_kind, __u16 kind) {
    struct ft_open_key open_key = {.key = key, .tgid = current_tgid()};
    struct ft_begin* event = reserve_record(site->probe, sizeof(*event));

    if (!event) {
        forget_lost_begin(&open_key, state_after(kind));
        return NULL;
    }
    fill_header(&event->header, kind, key, key_kind, info->point);
    clear_begin(event);
    return event;
}

/* Where an execution begins, by the kind of its key. */
static __always_inline void set_begin(struct ft_open* value, __u64 place, __u64 noted) {
    if (value->key_kind == FT_KEY_COROUTINE) {
        value->driver = place;
        value->clock_ns = noted;
    } else if (value->key_kind == FT_KEY_FRAME) {
        value->stack = place;
    } else { /* FT_KEY_CALL, FT_KEY_RUN, FT_KEY_CONTEXT */
        value->reader = place;
        value->handled = noted;
    }
}

/* Notes the execution whose begin this is in `open`; 0, the begin discarded and counted, where it has no
 * room. `place` and `noted`: see set_begin(). Not inline: the entry is then not on the stack any more while
 * the callers are looked through. */
static __attribute__((noinline)) int remember(struct ft_begin* event, const struct ft_site* site,
                                              __u64 object, __u64 place, __u64 noted) {
    struct ft_open_key key = {.key = event->header.key, .tgid = event->header.tgid};
    struct ft_open value = {.begin_ns = event->header.time_ns,
                            .object = object,
                            .point = event->header.point,
                            .tid = event->header.tid,
                            .key_kind = event->header.key_kind,
                            .state = state_after(event->header.kind),
                            .probe = site->probe,
                            .target = site->target};
    int room;

    set_begin(&value, place, noted);
    room = put_open(&key, &value);
    if (room == FT_ROOM) return 1;
    count_no_room(site->probe, room);
    bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
    return 0;
}

/* When the open execution with this key began; 0: there is none. */
static __always_inline __u64 begin_of_execution(__u64 key, __u32 tgid) {
    struct ft_open_key open_key = {.key = key, .tgid = tgid};
    struct ft_open* execution = key ? bpf_map_lookup_elem(&open, &open_key) : NULL;

    return execution ? execution->begin_ns : 0;
}

/* The empty entry for a node that is about to go to another thread; NULL: there is no room. */
static __always_inline struct ft_carried* carried_entry(__u64 place, __u32 tgid) {
    struct ft_open_key key = {.key = place, .tgid = tgid};
    struct ft_carried* carried;
    __u32 zero = 0;

    carried = bpf_map_lookup_elem(&nothing_carried, &zero);
    if (!place || !carried || bpf_map_update_elem(&carried_nodes, &key, carried, BPF_ANY)) return NULL;
    return bpf_map_lookup_elem(&carried_nodes, &key);
}

/* Whether the coroutine that handed a node over has ended, or is another one by now. */
static __always_inline int no_longer_holds(const struct ft_python* py, const struct ft_carried* carried,
                                           __u64 node) {
    __u64 frame = carried->coroutine + py->generator_frame;

    return ft_has_ended(py, carried->coroutine) || ft_frame_code(py, frame) != carried->code ||
           ft_local(py, frame, carried->slot) != node;
}

/* An entry stays until its node is handed over again. Once it has been used, and what handed the node over
 * has ended, what runs is the node for another reason, or another object at its address. `place` is its key.
 */
__attribute__((noinline)) int is_outdated(__u64 place, __u64 node, __u32 tgid) {
    struct ft_open_key key = {.key = place, .tgid = tgid};
    struct ft_carried* carried = bpf_map_lookup_elem(&carried_nodes, &key);
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py || !carried) return 1;
    if (!carried->uses) return 0;
    if (carried->coroutine) return no_longer_holds(py, carried, node);
    return carried->parent_begin_ns &&
           begin_of_execution(carried->identity.parent_key, tgid) != carried->parent_begin_ns;
}

/* Frames above a node's, and cells of each one's closure, looked at for the cell in which it was handed over.
 */
#define FT_MAX_CLOSURES 8
#define FT_MAX_CELLS 6

/* The cell of a function's closure that is a key of carried_nodes and holds the node; 0: none. */
__attribute__((noinline)) __u64 carrying_cell(__u64 function, __u64 node, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 cells = ft_read_u64(function + FT_FUNCTION_CLOSURE), count;

    if (!py || !cells || !node) return 0;
    count = ft_read_u64(cells + py->tuple_size);
    FT_ROUNDS(i, FT_MAX_CELLS, i < count) {
        __u64 cell = ft_read_u64(cells + py->tuple_items + 8ULL * i);
        struct ft_open_key key = {.key = cell, .tgid = tgid};

        if (ft_read_u64(cell + py->cell_value) == node && bpf_map_lookup_elem(&carried_nodes, &key))
            return cell;
    }
    return 0;
}

/* Where it is noted that a node was handed over: in a cell that the handing coroutine shares with a function
 * above the node, which tells this execution from others of the same node at the same time; else by the node.
 */
__attribute__((noinline)) __u64 carried_in(__u64 frame, __u64 node, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    FT_ROUNDS(i, FT_MAX_CLOSURES, frame) {
        __u64 cell = ft_is_shim(py, frame) ? 0 : carrying_cell(ft_frame_function(py, frame), node, tgid);

        if (cell) return cell;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return node;
}

/* Fills what this thread's stack above `frame` does not tell from what was noted when the node was handed
 * over, or when a node started the thread. */
static __always_inline void fill_from_carried(struct ft_identity* identity, __u64 object, __u64 frame) {
    struct ft_open_key key = {.tgid = current_tgid()};
    __u64 thread = bpf_get_current_pid_tgid();
    struct ft_carried* carried;
    struct ft_starter* starter;

    if (identity->parent_key || identity->workflow_id.encoding != FT_TEXT_NONE) return;
    key.key = carried_in(frame, object, key.tgid);
    carried = bpf_map_lookup_elem(&carried_nodes, &key);
    if (carried && !is_outdated(key.key, object, key.tgid)) {
        carried->uses++;
        identity->parent_key = carried->identity.parent_key;
        identity->workflow_id = carried->identity.workflow_id;
        identity->workflow_name = carried->identity.workflow_name;
        if (identity->node_id.encoding == FT_TEXT_NONE) identity->node_id = carried->identity.node_id;
        return;
    }
    starter = bpf_map_lookup_elem(&starters, &thread);
    if (!starter || object_of_execution(starter->key, key.tgid) != starter->object) return;
    identity->parent_key = starter->identity.parent_key;
    identity->workflow_id = starter->identity.workflow_id;
    identity->workflow_name = starter->identity.workflow_name;
}

enum inner_call { FT_INNER_NO = 0, FT_INNER_YES = 1, FT_INNER_FURTHER_UP = 2 };

/* What the frames from this one on tell of is_inner_call(): an enum inner_call, or, with
 * FT_INNER_FURTHER_UP, the frame from which the stack goes on. */
__attribute__((noinline)) __u64 inner_call_within(__u64 frame, int called, __u64 object, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py || !object) return FT_INNER_NO;
    FT_ROUNDS(i, FT_MAX_FRAMES, frame) {
        __u64 key = execution_of_frame(frame, called || i, tgid);
        struct ft_code* info;

        if (key) return object_of_execution(key, tgid) == object;
        info = info_at(frame_key(py, frame, tgid), tgid);
        if (info)
            return info->role & FT_CODE_NODE &&
                   ft_first_argument(py, frame, ft_frame_code(py, frame)) == object;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return frame ? frame | FT_INNER_FURTHER_UP : FT_INNER_NO;
}

/* Whether a call is part of an execution of the same object: super().execute() from an override, under
 * whatever decorators, or execute() running its own execute_async(). The outer call is the execution. */
static __always_inline int is_inner_call(__u64 caller, __u64 object, __u32 tgid) {
    __u64 frame = caller;

    for (int i = 0; i < FT_MAX_STRETCHES; i++) {
        frame = inner_call_within(frame & ~FT_WALK_BITS, i, object, tgid);
        if (!(frame & FT_INNER_FURTHER_UP)) return frame == FT_INNER_YES;
    }
    return 0;
}

/* Whether a call is part of an execution on the thread that started this one. */
static __always_inline int is_handed_over(__u64 object, __u32 tgid) {
    __u64 thread = bpf_get_current_pid_tgid();
    struct ft_starter* starter = bpf_map_lookup_elem(&starters, &thread);

    return starter && object && starter->object == object &&
           object_of_execution(starter->key, tgid) == object;
}

static __always_inline int is_part_of_another(__u64 caller, __u64 object, __u32 tgid) {
    return is_inner_call(caller, object, tgid) || is_handed_over(object, tgid);
}

/* Whether the nearest known function above is one that entrusts nodes to what is called here. */
static __always_inline int is_entrusted(const struct ft_python* py, __u64 caller, __u32 tgid) {
    __u64 frame = known_frame(caller, tgid);
    struct ft_code* info = frame ? info_at(frame_key(py, frame, tgid), tgid) : NULL;

    return info && info->role & FT_CODE_CALLER;
}

/* A node's type: its class. */
static __always_inline void fill_type(const struct ft_python* py, struct ft_text* text, __u64 node) {
    ft_text_type_name(py, text, ft_class_of(py, node));
}

#endif

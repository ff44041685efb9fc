/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Who an execution is: ids from its own frame, from the frames that called it, or from where its node was
 * handed to another thread.
 */
#ifndef FLOWTAP_PYTHON_IDENTITY_BPF_H
#define FLOWTAP_PYTHON_IDENTITY_BPF_H

#include "execution.bpf.h"
#include "python/objects.bpf.h"

/* Python frames looked at above a node for the function that knows its ids. */
#define FT_MAX_FRAMES 24

static __always_inline struct ft_identity* identity_of(struct ft_begin* event) {
    return (struct ft_identity*)&event->parent_key;
}

enum path_kind { PATH_WORKFLOW_ID, PATH_WORKFLOW_NAME, PATH_NODE_ID };

static __always_inline struct ft_python* python_of(__u32 tgid) {
    return bpf_map_lookup_elem(&targets, &tgid);
}

/* Of the process that the site is in. */
static __always_inline struct ft_python* python_at(const struct ft_site* site) {
    __u32 target = site ? site->target : 0;

    return bpf_map_lookup_elem(&layouts, &target);
}

/* Whether `codes` may have it: most code that passes is in no profile. */
static __always_inline int may_know(const struct ft_python* py, __u64 code) {
    __u64 bit = ft_filter_bit(code);

    FT_BOUND(bit);
    bit &= 64 * FT_CODE_FILTER_WORDS - 1;
    return py->code_filter[bit / 64] >> (bit % 64) & 1;
}

/* Global functions: verified once each, whatever their callers' state. Scalars only, as 5.10 demands. */
__attribute__((noinline)) __u32 running_interpreter(__u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_running_interpreter(py) : FT_INTERPRETER_UNKNOWN;
}

/* What the profiles know of a code object. That of a subinterpreter is known as long as that runs: its memory
 * serves others later. Where it cannot be told which one runs, whoever asks for its thread state will know.
 */
static __always_inline struct ft_code* code_info(__u64 code, __u32 tgid) {
    struct ft_code_key key = {.code = code, .tgid = tgid};
    struct ft_code* info = bpf_map_lookup_elem(&codes, &key);

    if (info && info->interpreter) {
        __u32 running = running_interpreter(tgid);

        if (running != info->interpreter && running != FT_INTERPRETER_UNKNOWN) return NULL;
    }
    if (info && info->qualname) {
        struct ft_python* py = python_of(tgid);

        if (!py || ft_read_u64(code + py->code_qualname) != info->qualname) return NULL;
    }
    return info;
}

static __always_inline struct ft_code* info_at(__u64 key, __u32 tgid) {
    struct ft_code_key code_key = {.code = key, .tgid = tgid};

    return bpf_map_lookup_elem(&codes, &code_key);
}

/* What a class itself has under a name. Global, as the others here. */
__attribute__((noinline)) __u64 own_class_attribute(__u64 type, __u64 name, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_own_class_attribute(py, type, name) : 0;
}

/* Whether what a class has under a name is this function. */
__attribute__((noinline)) int is_this_function(__u64 value, __u64 function, __u64 name, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_code* kept;

    if (!py || !value) return 0;
    if (ft_holds_function(py, value, function)) return 1;
    kept = info_at(function, tgid);
    return kept && kept->method == name;
}

/* Classes looked at for a method: those of an object's class in its resolution order. */
#define FT_MAX_BASES 32

/* Whether the function of the profiles with this key is called on an object of a class that it is meant for:
 * that derives from `base`, and has the function by its name, be it its own or one that super() would find.
 */
__attribute__((noinline)) int is_meant_for(__u64 key, __u64 object, __u64 function, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_code* info = info_at(key, tgid);
    __u64 classes, count;
    int derives = 0, has;

    if (!py || !info) return 0;
    if (!info->base) return 1;
    if (!object) return 0;
    has = !info->method;
    classes = ft_read_u64(ft_class_of(py, object) + py->type_mro);
    count = ft_read_u64(classes + py->tuple_size);
    for (__u32 i = 0; i < FT_MAX_BASES && i < count && !(derives && has); i++) {
        __u64 type = ft_read_u64(classes + py->tuple_items + 8ULL * i);

        if (type == info->base) derives = 1;
        if (!has)
            has =
                is_this_function(own_class_attribute(type, info->method, tgid), function, info->method, tgid);
    }
    return derives && has;
}

/* As which of the profiles' functions (a key of `codes`) a function runs, whatever it is called on. */
__attribute__((noinline)) __u64 named_key(__u64 function, __u64 code, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_code* info = code_info(code, tgid);
    __u64 key = code;

    if (!py) return 0;
    if (info && info->role & FT_CODE_SHARED) {
        key = function;
        info = code_info(key, tgid);
    }
    if (!info) {
        key = ft_read_u64(function + py->function_name);
        info = code_info(key, tgid);
    }
    return info && (!info->function || info->function == function) ? key : 0;
}

/* As which of them it runs when called with this first argument; 0: none. Its code object is not enough where
 * that is a decorator's; the class of the argument tells, which also knows classes that are newer than what
 * the daemon has seen. Two functions side by side, not one within the other: 5.10 adds up the frames of a
 * chain of calls, to 512 bytes at most. */
static __always_inline __u64 function_key(__u64 function, __u64 code, __u64 first, __u32 tgid) {
    __u64 key = named_key(function, code, tgid);

    return key && is_meant_for(key, first, function, tgid) ? key : 0;
}

/* The same of the function whose frame this is. */
static __always_inline __u64 frame_key(const struct ft_python* py, __u64 frame, __u32 tgid) {
    __u64 code = ft_frame_code(py, frame);
    struct ft_code* info = code_info(code, tgid);

    if (!info || !(info->role & FT_CODE_SHARED)) return info ? code : 0;
    return function_key(ft_frame_function(py, frame), code, ft_first_argument(py, frame, code), tgid);
}

/* See ft_attribute(). */
__attribute__((noinline)) __u64 some_attribute(__u64 object, __u32 tgid, __u32 name_index, __u32 first) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_name* name = bpf_map_lookup_elem(&names, &name_index);

    return py && name ? ft_attribute(py, object, name, first) : 0;
}

/* The object an attribute holds, or 0; FT_MORE_KEYS where there are too many attributes to tell. */
static __always_inline __u64 attribute_value(__u64 object, __u32 tgid, __u32 name_index) {
    __u64 value = FT_MORE_KEYS;

    for (__u32 i = 0; i < FT_MAX_KEY_PARTS && value == FT_MORE_KEYS; i++)
        value = some_attribute(object, tgid, name_index, i * FT_MAX_KEYS);
    return value;
}

static __always_inline struct ft_path* path_of(struct ft_code* info, __u32 which) {
    switch (which) {
        case PATH_WORKFLOW_ID: return &info->workflow_id;
        case PATH_WORKFLOW_NAME: return &info->workflow_name;
    }
    return &info->node_id;
}

/* See ft_plain_value(). A function of its own: path_value() need not keep its frame while attributes are
 * read. */
__attribute__((noinline)) __u64 plain_value(__u64 object, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_plain_value(py, object) : 0;
}

/* The value at the end of a path that starts at a frame's local, or at `self` where no frame exists yet. */
__attribute__((noinline)) __u64 path_value(__u64 frame, __u64 self, __u64 key, __u32 tgid, __u32 which) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_code* info = info_at(key, tgid);
    struct ft_path* path;
    __u64 object = self;

    if (!py || !info) return 0;
    path = path_of(info, which);
    if (path->slot < 0 || (!frame && path->slot > 0)) return 0;
    if (frame && info->base && !path->slot)
        object = ft_first_argument(py, frame, ft_frame_code(py, frame));
    else if (frame)
        object = ft_local(py, frame, path->slot);
    for (__u32 i = 0; i < 3; i++) {
        if (i >= path->attributes || !object || object == FT_MORE_KEYS) break;
        object = attribute_value(object, tgid, path->names[i]);
    }
    return plain_value(object, tgid);
}

/* Not inline: what it needs of the stack is then free again while the callers are looked through. Not global
 * either, for the text is no scalar. */
static __attribute__((noinline)) void set_id(struct ft_text* text, __u64 value, __u32 tgid) {
    struct ft_python* py = python_of(tgid);

    if (!py) return;
    ft_text_object(py, text, value);
    if (!value) ft_text_unreadable(text);
}

static __always_inline void fill_id(struct ft_text* text, const struct ft_path* path, __u64 frame, __u64 self,
                                    __u64 key, __u32 which) {
    __u32 tgid = current_tgid();

    if (path->slot < 0 || text->encoding != FT_TEXT_NONE) return;
    set_id(text, path_value(frame, self, key, tgid, which), tgid);
}

/* Fills whatever of the ids is still empty and this code knows. */
static __always_inline void fill_ids(struct ft_identity* identity, __u64 frame, __u64 self, __u64 key,
                                     const struct ft_code* info, int node) {
    FT_AFRESH(identity);
    fill_id(&identity->workflow_id, &info->workflow_id, frame, self, key, PATH_WORKFLOW_ID);
    fill_id(&identity->workflow_name, &info->workflow_name, frame, self, key, PATH_WORKFLOW_NAME);
    if (node) fill_id(&identity->node_id, &info->node_id, frame, self, key, PATH_NODE_ID);
}

/* The frame that called, without the one CPython 3.12+ puts between for calls from C. */
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

/* The next frame of the stack whose function a profile knows. Global: so its walk costs the verifier little.
 */
__attribute__((noinline)) __u64 known_frame(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py) return 0;
    for (int i = 0; i < FT_MAX_FRAMES && frame; i++) {
        if (frame_key(py, frame, tgid)) return frame;
        frame = ft_read_u64(frame + py->frame_previous);
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

/* The node in whose execution a frame is, which runs the function `key`; 0: none, or not known. */
__attribute__((noinline)) __u64 node_of_frame(__u64 frame, __u64 key, int called, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 node = object_of_execution(execution_of_frame(frame, called, tgid), tgid);
    struct ft_code* info;

    if (node || !py) return node;
    info = info_at(key, tgid);
    if (!info || !(info->role & (FT_CODE_NODE | FT_CODE_PASSING))) return 0;
    return ft_first_argument(py, frame, ft_frame_code(py, frame));
}

/* The next frame of a known function. The lowest bit tells that it stands above another node than `node`. */
__attribute__((noinline)) __u64 next_of_interest(__u64 frame, int called, __u64 node, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 in_another = 0;

    if (!py) return 0;
    for (int i = 0; i < FT_MAX_FRAMES && frame; i++) {
        __u64 key = frame_key(py, frame, tgid);
        __u64 inside = node_of_frame(frame, key, called, tgid);

        if (inside && inside != node) in_another = 1;
        if (key) return frame | in_another;
        called = 1;
        frame = ft_read_u64(frame + py->frame_previous);
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
        in_another |= frame & 1;
        frame &= ~1ULL;
        if (!frame) return;
        key = frame_key(py, frame, tgid);
        info = info_at(key, tgid);
        if (!info) return;
        if (info->role & (FT_CODE_CALLER | FT_CODE_WORKFLOW))
            fill_ids(identity, frame, 0, key, info, !in_another);
        if (info->role & FT_CODE_WORKFLOW) {
            identity->parent_key = execution_key(py, frame, info);
            return;
        }
        /* In the same workflow, should that be too far away. */
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

/* Of what ends now: an exception on its way out is pending. */
static __always_inline __u8 outcome_now(const struct ft_python* py, __u64 tstate) {
    return ft_read_u64(tstate + py->tstate_exception) ? FT_STATUS_FAILED : FT_STATUS_SUCCESS;
}

static __always_inline __u8 state_after(__u16 kind) {
    return kind == FT_EVENT_BORN ? FT_OPEN_BORN : FT_OPEN_RUNNING;
}

/* Room for the begin of an execution (or FT_EVENT_BORN), which remember() then notes; NULL, and counted,
 * where there is none. */
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

/* Notes the execution whose begin this is in `open`; 0, the begin discarded and counted, where it has no
 * room. `place` and `noted` are the unions of struct ft_open. Not inline: the entry is then not on the stack
 * any more while the callers are looked through. */
static __attribute__((noinline)) int remember(struct ft_begin* event, __u32 probe, __u64 object, __u64 place,
                                              __u64 noted) {
    struct ft_open_key key = {.key = event->header.key, .tgid = event->header.tgid};
    struct ft_open value = {.begin_ns = event->header.time_ns,
                            .object = object,
                            .stack = place,
                            .point = event->header.point,
                            .tid = event->header.tid,
                            .key_kind = event->header.key_kind,
                            .state = state_after(event->header.kind),
                            .probe = probe,
                            .clock_ns = noted};

    if (!bpf_map_update_elem(&open, &key, &value, BPF_ANY)) return 1;
    COUNT(counters_of(probe), lost_open_full);
    bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
    return 0;
}

/* What the stack does not tell on this thread may have been noted where the node was handed over, or where a
 * node started the thread. */
static __always_inline void fill_from_carried(struct ft_identity* identity, __u64 object) {
    struct ft_open_key key = {.key = object, .tgid = current_tgid()};
    __u64 thread = bpf_get_current_pid_tgid();
    struct ft_identity* carried;
    struct ft_starter* starter;

    if (identity->parent_key || identity->workflow_id.encoding != FT_TEXT_NONE) return;
    carried = bpf_map_lookup_elem(&carried_nodes, &key);
    if (carried) {
        identity->parent_key = carried->parent_key;
        identity->workflow_id = carried->workflow_id;
        identity->workflow_name = carried->workflow_name;
        if (identity->node_id.encoding == FT_TEXT_NONE) identity->node_id = carried->node_id;
        return;
    }
    starter = bpf_map_lookup_elem(&starters, &thread);
    if (!starter || object_of_execution(starter->key, key.tgid) != starter->object) return;
    identity->parent_key = starter->identity.parent_key;
    identity->workflow_id = starter->identity.workflow_id;
    identity->workflow_name = starter->identity.workflow_name;
}

/* Whether a call is part of an execution of the same object: super().execute() from an override, under
 * whatever decorators, or execute() running its own execute_async(). The outer call is the execution. */
__attribute__((noinline)) int is_inner_call(__u64 caller, __u64 object, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 frame = caller;

    if (!py || !object) return 0;
    for (int i = 0; i < FT_MAX_FRAMES && frame; i++) {
        __u64 key = execution_of_frame(frame, i, tgid);
        struct ft_code* info;

        if (key) return object_of_execution(key, tgid) == object;
        info = info_at(frame_key(py, frame, tgid), tgid);
        if (info)
            return info->role & FT_CODE_NODE &&
                   ft_first_argument(py, frame, ft_frame_code(py, frame)) == object;
        frame = ft_read_u64(frame + py->frame_previous);
    }
    return 0;
}

/* Whether it is part of one that goes on on the thread which started this one. */
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

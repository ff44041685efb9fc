/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Which of the profiles' functions a function is.
 */
#ifndef FLOWTAP_PYTHON_KNOWN_CODES_BPF_H
#define FLOWTAP_PYTHON_KNOWN_CODES_BPF_H

#include "maps.bpf.h"
#include "python/awaits.bpf.h"
#include "python/objects.bpf.h"

static __always_inline struct ft_python* python_of(__u32 tgid) {
    return bpf_map_lookup_elem(&targets, &tgid);
}

/* Of the process that the site is in. */
static __always_inline struct ft_python* python_at(const struct ft_site* site) {
    __u32 target = site ? site->target : 0;

    return bpf_map_lookup_elem(&layouts, &target);
}

/* Whether `codes` may have it: most code that passes is in no profile. */
static __always_inline int passes_filter(const struct ft_python* py, __u64 code) {
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

/* What a dict has at a str of this hash. */
__attribute__((noinline)) __u64 dict_item(__u64 dict, __u64 hash, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_dict_item(py, dict, hash) : 0;
}

/* What a class itself has under a name of this hash. */
static __always_inline __u64 own_class_attribute(const struct ft_python* py, __u64 type, __u64 hash,
                                                 __u32 tgid) {
    return dict_item(ft_read_u64(type + py->type_dict), hash, tgid);
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

/* Whether a class derives from another one. */
__attribute__((noinline)) int derives_from(__u64 type, __u64 base, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 classes, count;

    if (!py) return 0;
    classes = ft_read_u64(type + py->type_mro);
    count = ft_read_u64(classes + py->tuple_size);
    FT_ROUNDS(i, FT_MAX_BASES, i < count) {
        if (ft_read_u64(classes + py->tuple_items + 8ULL * i) == base) return 1;
    }
    return 0;
}

/* Whether a class has this function under a name: its own, or one that super() would find. */
__attribute__((noinline)) int has_method(__u64 type, __u64 function, __u64 name, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 classes, count, hash;

    if (!py) return 0;
    hash = ft_read_u64(name + FT_STR_HASH);
    classes = ft_read_u64(type + py->type_mro);
    count = ft_read_u64(classes + py->tuple_size);
    FT_ROUNDS(i, FT_MAX_BASES, i < count) {
        __u64 base = ft_read_u64(classes + py->tuple_items + 8ULL * i);

        if (is_this_function(own_class_attribute(py, base, hash, tgid), function, name, tgid)) return 1;
    }
    return 0;
}

/* Whether a function of the profiles is called on an object of a class that it is meant for: that derives
 * from `base`, and has the function by its name. */
static __always_inline int is_called_on_its_class(const struct ft_python* py, const struct ft_code* info,
                                                  __u64 object, __u64 function, __u32 tgid) {
    __u64 type, method;

    if (!info->base) return 1;
    if (!object) return 0;
    type = ft_class_of(py, object);
    method = info->method;
    if (!derives_from(type, info->base, tgid)) return 0;
    return !method || has_method(type, function, method, tgid);
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
    struct ft_code* info = info_at(key, tgid);
    struct ft_python* py = python_of(tgid);

    return py && info && is_called_on_its_class(py, info, first, function, tgid) ? key : 0;
}

/* The same of the function whose frame this is. Global: what walks a stack calls it for each frame. */
__attribute__((noinline)) __u64 key_of_frame(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 code;
    struct ft_code* info;

    if (!py) return 0;
    code = ft_frame_code(py, frame);
    info = code_info(code, tgid);
    if (!info || !(info->role & FT_CODE_SHARED)) return info ? code : 0;
    return function_key(ft_frame_function(py, frame), code, ft_first_argument(py, frame, code), tgid);
}

/* A plain decorator in a coroutine method's place only makes the coroutine: it is not one. */
__attribute__((noinline)) int makes_coroutine(__u64 frame, __u64 key, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_code* info = info_at(key, tgid);

    return py && info && info->role & FT_CODE_COROUTINE && !ft_is_generator_frame(py, frame);
}

/* As key_of_frame(); most frames are of no function that the profiles know. */
static __always_inline __u64 frame_key(const struct ft_python* py, __u64 frame, __u32 tgid) {
    __u64 code = ft_frame_code(py, frame);
    __u64 key = passes_filter(py, code) ? key_of_frame(frame, tgid) : 0;

    return key && key != code && makes_coroutine(frame, key, tgid) ? 0 : key;
}

#endif

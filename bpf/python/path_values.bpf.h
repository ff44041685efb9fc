/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The value at the end of a path from a variable of a function. Global functions, verified once each.
 */
#ifndef FLOWTAP_PYTHON_PATH_VALUES_BPF_H
#define FLOWTAP_PYTHON_PATH_VALUES_BPF_H

#include "maps.bpf.h"
#include "python/known_codes.bpf.h"
#include "python/paths.bpf.h"

#define FT_MAX_KEYWORDS 32              /* maximum searched for an argument of a call */
#define FT_OFFSET_ARGUMENT (1ULL << 63) /* PY_VECTORCALL_ARGUMENTS_OFFSET */

/* The start of a path: a frame whose variables have values or, if no frame exists yet, a call. */
struct path_origin {
    __u64 frame;
    __u64 self;      /* of the call */
    __u64 function;  /* the called function; 0: unknown */
    __u64 arguments; /* as a vectorcall passes them, without self; 0: unknown */
    __u64 count;     /* number of positional arguments */
    __u64 keywords;  /* tuple of the names of the others */
};

/* See ft_key_index(). */
__attribute__((noinline)) __s64 key_index(__u64 keys, __u32 tgid, __u32 name_index, __u32 first) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    const struct ft_name* name = bpf_map_lookup_elem(&names, &name_index);

    return py && name ? ft_key_index(py, keys, name, first) : FT_NO_KEY;
}

static __always_inline __u64 stored_value(const struct ft_python* py, struct ft_storage storage, __u32 tgid,
                                          __u32 name_index, __u32 first) {
    __s64 index = storage.keys ? key_index(storage.keys, tgid, name_index, first) : FT_NO_KEY;

    return ft_value_at(py, storage, index < 0 ? index : index + first);
}

/* See ft_attribute(). */
__attribute__((noinline)) __u64 some_attribute(__u64 object, __u32 tgid, __u32 name_index, __u32 first) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? stored_value(py, ft_storage_of(py, object), tgid, name_index, first) : 0;
}

/* The object in an instance's attribute, or 0; FT_MORE_KEYS if there are too many attributes to search. */
static __always_inline __u64 attribute_value(__u64 object, __u32 tgid, __u32 name_index) {
    __u64 value = FT_MORE_KEYS;

    FT_ROUNDS(i, FT_MAX_KEY_PARTS, value == FT_MORE_KEYS) {
        value = some_attribute(object, tgid, name_index, i * FT_MAX_KEYS);
    }
    return value;
}

/* The value that a class, or the first of its bases that has it, has under a name; 0: none has it. */
__attribute__((noinline)) __u64 class_attribute(__u64 type, __u64 hash, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 classes, count;

    if (!py || !hash) return 0;
    classes = ft_read_u64(type + py->type_mro);
    count = ft_read_u64(classes + py->tuple_size);
    FT_ROUNDS(i, FT_MAX_BASES, i < count) {
        __u64 base = ft_read_u64(classes + py->tuple_items + 8ULL * i);
        __u64 found = own_class_attribute(py, base, hash, tgid);

        if (found) return found;
    }
    return 0;
}

/* The step of a path with this number; NULL if there is none. */
static __always_inline struct ft_step* step_of(__u32 path_number, __u32 number) {
    struct ft_path* path = bpf_map_lookup_elem(&paths, &path_number);

    FT_BOUND(number);
    number &= FT_MAX_STEPS - 1; /* the verifier tracks the bound of a mask */
    return path ? &path->at[number] : NULL;
}

/* Follows a step that is not an attribute, or an attribute that the object keeps in its own struct; 0: it
 * leads nowhere. */
__attribute__((noinline)) __u64 plain_step(__u64 object, __u32 path_number, __u32 number, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_step* step = step_of(path_number, number);

    if (!py || !step) return 0;
    switch (step->kind) {
        case FT_STEP_ATTRIBUTE: return 0;
        case FT_STEP_ITEM: return dict_item(ft_is_dict(py, object) ? object : 0, step->hash, tgid);
        case FT_STEP_INDEX: return ft_sequence_item(py, object, step->name);
        case FT_STEP_CLASS: return ft_read_u64(object + FT_OBJECT_TYPE);
    }
    return ft_own_name(py, object, step->kind);
}

/* What an object's class provides under a name: the value of a slot, or a class attribute. */
__attribute__((noinline)) __u64 from_class(__u64 object, __u64 hash, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    __u64 found;

    if (!py) return 0;
    found = class_attribute(ft_class_of(py, object), hash, tgid);
    return ft_value_from_class(py, object, found);
}

/* The object in an attribute: of the instance, otherwise of its class. 0: there is none, or it is
 * computed; FT_MORE_KEYS if there are too many attributes to search. */
__attribute__((noinline)) __u64 attribute_step(__u64 object, __u32 path_number, __u32 number, __u32 tgid) {
    struct ft_step* step = step_of(path_number, number);
    __u64 value, hash;

    if (!step || (step->kind >= FT_STEP_ITEM && step->kind <= FT_STEP_CLASS)) return 0;
    hash = step->hash;
    value = attribute_value(object, tgid, step->name);
    return value ? value : from_class(object, hash, tgid);
}

/* Whether an object is itself a text. */
__attribute__((noinline)) int is_plain(__u64 object, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py && (object == py->none || ft_plain_kind(py, object));
}

/* The object itself if it is a text; otherwise its value if it is a member of an Enum. */
__attribute__((noinline)) __u64 plain_value(__u64 object, __u32 tgid) {
    __u64 value;

    if (!object || is_plain(object, tgid)) return object;
    value = some_attribute(object, tgid, FT_ENUM_VALUE, 0);
    return value && value != FT_MORE_KEYS ? value : object;
}

/* See ft_text_source(). */
__attribute__((noinline)) __u64 text_source(__u64 object, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_text_source(py, object) : FT_SOURCE_UNREADABLE;
}

/* The object at the end of a path that begins at this one. */
__attribute__((noinline)) __u64 path_end(__u64 object, __u32 path_number, __u32 tgid) {
    struct ft_path* path = bpf_map_lookup_elem(&paths, &path_number);

    if (!path) return 0;
    FT_ROUNDS(i, FT_MAX_STEPS, 1) {
        __u64 next;

        if (i >= path->steps || !object || object == FT_MORE_KEYS) break;
        next = plain_step(object, path_number, i, tgid);
        object = next ? next : attribute_step(object, path_number, i, tgid);
    }
    return object;
}

/* A variable of a frame. */
__attribute__((noinline)) __u64 start_in_frame(__u64 frame, __u64 key, __u32 path_number, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_path* path = bpf_map_lookup_elem(&paths, &path_number);
    struct ft_code* info = info_at(key, tgid);

    if (!py || !path || !info || path->slot < 0) return 0;
    if (info->base && !path->slot) return ft_first_argument(py, frame, ft_frame_code(py, frame));
    return ft_local(py, frame, path->slot);
}

/* An argument of a call, by its position or by its name. */
__attribute__((noinline)) __u64 start_in_arguments(__u64 arguments, __u64 count, __u64 keywords,
                                                   __u32 path_number, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_path* path = bpf_map_lookup_elem(&paths, &path_number);
    __u64 named;

    if (!py || !path) return 0;
    count &= ~FT_OFFSET_ARGUMENT;
    if (path->position > 0 && path->position <= count)
        return ft_read_u64(arguments + 8ULL * (path->position - 1));
    if (!keywords || !path->hash) return 0;
    named = ft_read_u64(keywords + py->tuple_size);
    FT_ROUNDS(i, FT_MAX_KEYWORDS, i < named) {
        __u64 name = ft_read_u64(keywords + py->tuple_items + 8ULL * i);

        if (ft_read_u64(name + FT_STR_HASH) == path->hash) return ft_read_u64(arguments + 8 * (count + i));
    }
    return 0;
}

/* A free variable of the function. */
__attribute__((noinline)) __u64 start_in_closure(__u64 function, __u32 path_number, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);
    struct ft_path* path = bpf_map_lookup_elem(&paths, &path_number);

    return py && path && path->closure >= 0 ? ft_closure_value(py, function, path->closure) : 0;
}

static __always_inline __u64 path_start(const struct path_origin* from, __u64 key, __u32 path_number,
                                        __u32 tgid) {
    struct ft_path* path;

    if (from->frame) return start_in_frame(from->frame, key, path_number, tgid);
    path = bpf_map_lookup_elem(&paths, &path_number);
    if (!path) return 0;
    if (!path->position) return from->self;
    if (path->closure >= 0) return start_in_closure(from->function, path_number, tgid);
    if (!from->arguments) return 0;
    return start_in_arguments(from->arguments, from->count, from->keywords, path_number, tgid);
}

/* The object that an id is made from, as for ft_text_object(). */
static __always_inline __u64 path_value(__u64 start, __u32 path_number, __u32 tgid) {
    return plain_value(path_end(start, path_number, tgid), tgid);
}

#endif

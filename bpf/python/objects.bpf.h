/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Readers of CPython objects: pure functions of a layout and the target's memory. They also compile
 * natively, where tests run them over fabricated objects.
 */
#ifndef FLOWTAP_PYTHON_BPF_H
#define FLOWTAP_PYTHON_BPF_H

#include "memory.bpf.h"
#include "python/ft_python.h"
#include "target.h"
#include "text.bpf.h"

/* Include/object.h, the same bits in all known versions. */
#define FT_TYPE_INT_SUBCLASS (1ULL << 24)
#define FT_TYPE_LIST_SUBCLASS (1ULL << 25)
#define FT_TYPE_TUPLE_SUBCLASS (1ULL << 26)
#define FT_TYPE_BYTES_SUBCLASS (1ULL << 27)
#define FT_TYPE_STR_SUBCLASS (1ULL << 28)
#define FT_TYPE_DICT_SUBCLASS (1ULL << 29)
#define FT_TYPE_TYPE_SUBCLASS (1ULL << 31)

#define FT_OBJECT_TYPE 8          /* ob_type, in every GIL build */
#define FT_MANAGED_DICT_OFFSET 24 /* below the object: dict (or tagged) pointer; 3.11 has values at 32 */
#define FT_MANAGED_VALUES_OFFSET 32
#define FT_INLINE_VALUES_VALID 3 /* PyDictValues.valid, 3.13+ */
#define FT_KEYS_GENERAL 0        /* dk_kind: entries of {hash, key, value}; others {key, value} */
#define FT_MAX_KEYS 64           /* attributes looked at in one go; shared keys hold at most 30 */
#define FT_MAX_KEY_PARTS 4       /* how often that is done per object */
#define FT_MORE_KEYS (~0ULL)     /* no object: the attribute may be behind those; reads as unreadable */
#define FT_CODE_VARARGS 4        /* co_flags: there is a parameter *args */
#define FT_CODE_ASYNC 0x280      /* co_flags: CO_COROUTINE, CO_ASYNC_GENERATOR */
#define FT_STR_HASH 24           /* PyASCIIObject.hash */
#define FT_FIRST_MEMBER 16       /* what follows the head of an object: ob_fval, ob_size, the first slot */
#define FT_BYTES_DATA 32         /* PyBytesObject.ob_sval */
#define FT_OWNED_BY_GENERATOR 1  /* frame.owner */
#define FT_INTERPRETER_UNKNOWN 0xffffffff
#define FT_THREAD_BLOCKS 8 /* tcbhead_t.dtv: a thread's blocks of thread-local variables, glibc and musl */
#define FT_GIL_LOCKED 16   /* struct _gil_runtime_state.locked, an int; last_holder is at 8 */
#define FT_EXCEPTION_TRACEBACK 40 /* PyBaseExceptionObject.traceback, Include/cpython/pyerrors.h  */
#define FT_TAKEN_WORDS 32         /* of the stack, looked through for an exception   */
#define FT_TRACEBACK_NEXT 16      /* PyTracebackObject.tb_next                                   */
#define FT_TRACEBACK_FRAME 24     /* PyTracebackObject.tb_frame, Include/cpython/traceback.h      */
#define FT_FRAME_OBJECT_FRAME 24  /* PyFrameObject.f_frame, Include/internal/pycore_frame.h       */
#define FT_ERROR_PREVIOUS 8       /* _PyErr_StackItem.previous_item, Include/cpython/pystate.h     */
#define FT_TOKEN_CONTEXT 16       /* PyContextToken, Include/internal/pycore_context.h; in all versions  */
#define FT_TOKEN_VARIABLE 24
#define FT_TOKEN_OLD 32         /* NULL: the variable had no value */
#define FT_TOKEN_USED 40        /* an int */
#define FT_VARIABLE_DEFAULT 24  /* PyContextVar.var_default; NULL: none */
#define FT_PENDING_TRACEBACK 16 /* 3.11: curexc_traceback, from curexc_type; Include/cpython/pystate.h */

FT_INLINE __u64 ft_frame_code(const struct ft_python* py, __u64 frame) {
    return ft_read_u64(frame + py->frame_code) & py->reference_mask;
}

/* The state that the running thread has in the interpreter it runs now; FT_TSTATE_GIL may give another's. */
FT_INLINE __u64 ft_thread_state(const struct ft_python* py) {
    __u64 base = 0;

    if (py->tstate_in == FT_TSTATE_GIL) base = ft_read_u64(py->tstate_base);
    if (py->tstate_in >= FT_TSTATE_TLS) base = ft_thread_pointer();
    if (py->tstate_in == FT_TSTATE_DTV)
        base = ft_read_u64(ft_read_u64(base + FT_THREAD_BLOCKS) + py->tstate_base);
    return ft_read_u64(base + py->tstate_address);
}

/* Whether the GIL that FT_TSTATE_GIL looks at is taken, by the thread whose state this is. */
FT_INLINE int ft_holds_gil(const struct ft_python* py, __u64 tstate) {
    __u32 locked = ft_read_u32(ft_read_u64(py->tstate_base) + FT_GIL_LOCKED);

    return locked == 1 && ft_read_u64(tstate + py->tstate_thread_id) == ft_thread_pointer();
}

/* Number of the interpreter that the running thread is in. */
FT_INLINE __u32 ft_running_interpreter(const struct ft_python* py) {
    __u64 tstate = ft_thread_state(py);

    if (py->tstate_in == FT_TSTATE_GIL && !ft_holds_gil(py, tstate)) return FT_INTERPRETER_UNKNOWN;
    return ft_read_u32(ft_read_u64(tstate + py->tstate_interpreter) + py->interpreter_id);
}

FT_INLINE __u64 ft_current_frame(const struct ft_python* py, __u64 tstate) {
    __u64 frame = ft_read_u64(tstate + py->tstate_frame);

    if (py->frame_via_cframe && frame) frame = ft_read_u64(frame + py->cframe_frame);
    return frame;
}

/* A local variable's object; the content where the variable is a cell. */
FT_INLINE __u64 ft_local(const struct ft_python* py, __u64 frame, __u32 slot) {
    __u64 object = ft_read_u64(frame + py->frame_locals + 8ULL * slot) & py->reference_mask;

    if (object && ft_read_u64(object + FT_OBJECT_TYPE) == py->cell_type)
        object = ft_read_u64(object + py->cell_value);
    return object;
}

FT_INLINE int ft_str_is(const struct ft_python* py, __u64 str, const struct ft_name* name) {
    __u64 words[FT_NAME_SIZE / 8] = {};
    __u64 size = name->length & (FT_NAME_SIZE - 1); /* a mask is the bound the verifier keeps track of */

    if (!str || ft_read_u64(str + py->str_length) != size) return 0;
    FT_BOUND(size);
    size &= FT_NAME_SIZE - 1;
    if (ft_read(words, size, str + py->str_ascii_data)) return 0;
    for (int i = 0; i < FT_NAME_SIZE / 8; i++) {
        __u64 wanted;

        __builtin_memcpy(&wanted, name->text + 8 * i, sizeof(wanted));
        if (words[i] != wanted) return 0;
    }
    return 1;
}

/* Where an attribute's value pointer is: an entry of a keys table, by index and by value's address. */
struct ft_key_slot {
    __u64 value_address; /* of the entry's own value (combined tables) */
    __s32 index;         /* negative: not there */
    __u32 more;          /* not there, but keys follow */
};

/* Looks at FT_MAX_KEYS of them, from the one with the number `first` on. */
FT_INLINE struct ft_key_slot ft_find_key(const struct ft_python* py, __u64 keys, const struct ft_name* name,
                                         __u32 first) {
    struct ft_key_slot slot = {.value_address = 0, .index = -1, .more = 0};
    __u8 log2_bytes = ft_read_u8(keys + py->keys_log2_index_bytes) & 31;
    __u64 general = ft_read_u8(keys + py->keys_kind) == FT_KEYS_GENERAL;
    __u64 stride = general ? 24 : 16;
    __u64 entry = keys + py->keys_indices + (1ULL << log2_bytes) + (general ? 8 : 0);
    __u64 count = ft_read_u64(keys + py->keys_count);

    entry += stride * first;
    for (__u32 i = 0; i < FT_MAX_KEYS; i++) {
        if (first + i >= count) break;
        if (ft_str_is(py, ft_read_u64(entry), name)) {
            slot.index = first + i;
            slot.value_address = entry + 8;
            return slot;
        }
        entry += stride;
    }
    slot.more = count > first + FT_MAX_KEYS;
    return slot;
}

/* Storage of an object's attributes: values indexed like a type's shared keys, or a dict. */
struct ft_storage {
    __u64 keys;
    __u64 values; /* address of value 0; 0 = the keys table holds the values itself */
};

FT_INLINE struct ft_storage ft_dict_storage(const struct ft_python* py, __u64 dict) {
    struct ft_storage storage = {};
    __u64 values;

    if (!dict) return storage;
    storage.keys = ft_read_u64(dict + py->dict_keys);
    values = ft_read_u64(dict + py->dict_values);
    if (values) storage.values = values + py->split_values;
    return storage;
}

FT_INLINE struct ft_storage ft_storage_of(const struct ft_python* py, __u64 object) {
    __u64 type = ft_read_u64(object + FT_OBJECT_TYPE);
    __u64 flags = ft_read_u64(type + py->type_flags);
    struct ft_storage storage = {};
    __u64 values = 0, dict = 0;

    if (!(flags & FT_TYPE_MANAGED_DICT)) {
        __s64 offset = ft_read_u64(type + py->type_dictoffset);
        if (offset > 0) dict = ft_read_u64(object + offset);
        return ft_dict_storage(py, dict);
    }
    dict = ft_read_u64(object - FT_MANAGED_DICT_OFFSET);
    if (py->attributes == FT_ATTRIBUTES_POINTERS) {
        values = ft_read_u64(object - FT_MANAGED_VALUES_OFFSET);
    } else if (py->attributes == FT_ATTRIBUTES_TAGGED) {
        if (dict & 1) values = dict + 1;
    } else if (flags & FT_TYPE_INLINE_VALUES) {
        __u64 inlined = object + ft_read_u64(type + py->type_basicsize);
        if (ft_read_u8(inlined + FT_INLINE_VALUES_VALID)) values = inlined;
    }
    if (!values) return ft_dict_storage(py, dict);
    storage.keys = ft_read_u64(type + py->type_cached_keys);
    storage.values = values + py->split_values;
    return storage;
}

/* The value that a storage has under a str, or 0; FT_MORE_KEYS where it is not among the FT_MAX_KEYS keys
 * from the one with the number `first` on, and others follow. */
FT_INLINE __u64 ft_stored_value(const struct ft_python* py, struct ft_storage storage,
                                const struct ft_name* name, __u32 first) {
    struct ft_key_slot slot;

    if (!storage.keys) return 0;
    slot = ft_find_key(py, storage.keys, name, first);
    if (slot.index < 0) return slot.more ? FT_MORE_KEYS : 0;
    return ft_read_u64(storage.values ? storage.values + 8ULL * slot.index : slot.value_address);
}

/* The object an attribute holds, or 0; FT_MORE_KEYS where it is not among the FT_MAX_KEYS attributes from the
 * one with the number `first` on, and others follow. Instance attributes only: no properties, no class
 * attributes. */
FT_INLINE __u64 ft_attribute(const struct ft_python* py, __u64 object, const struct ft_name* name,
                             __u32 first) {
    return ft_stored_value(py, ft_storage_of(py, object), name, first);
}

/* What a dict has under a str, or 0; FT_MORE_KEYS as with ft_attribute(). */
FT_INLINE __u64 ft_dict_value(const struct ft_python* py, __u64 dict, const struct ft_name* name,
                              __u32 first) {
    __u64 type = ft_read_u64(dict + FT_OBJECT_TYPE);

    if (!(ft_read_u64(type + py->type_flags) & FT_TYPE_DICT_SUBCLASS)) return 0;
    return ft_stored_value(py, ft_dict_storage(py, dict), name, first);
}

/* The value that a frame at its return instruction returns: it has just popped it off its stack; 0 where that
 * cannot be told. */
FT_INLINE __u64 ft_returned(const struct ft_python* py, __u64 frame) {
    __u64 instruction = ft_read_u64(frame + py->frame_instruction), top;
    __u8 opcode = ft_read_u8(instruction);

    if (!py->frame_stack_top) return 0;
    for (int i = 0; i < 2; i++)
        if (py->return_constants[i] && opcode == py->return_constants[i]) {
            __u64 constants = ft_read_u64(ft_frame_code(py, frame) + py->code_consts);

            return ft_read_u64(constants + py->tuple_items + 8ULL * ft_read_u8(instruction + 1));
        }
    top = py->stack_top_is_address
              ? ft_read_u64(frame + py->frame_stack_top)
              : frame + py->frame_locals + 8ULL * ft_read_u32(frame + py->frame_stack_top);
    return ft_read_u64(top) & py->reference_mask;
}

/* The function object whose call a frame is. */
FT_INLINE __u64 ft_frame_function(const struct ft_python* py, __u64 frame) {
    return ft_read_u64(frame + py->frame_function) & py->reference_mask;
}

/* A call's first argument: also where the function takes it as one of *args, as decorators' wrappers do. */
FT_INLINE __u64 ft_first_argument(const struct ft_python* py, __u64 frame, __u64 code) {
    __u64 tuple;

    if (ft_read_u32(code + py->code_argcount)) return ft_local(py, frame, 0);
    if (!(ft_read_u32(code + py->code_flags) & FT_CODE_VARARGS)) return 0;
    tuple = ft_local(py, frame, ft_read_u32(code + py->code_kwonlyargcount) & 0xff);
    return tuple && ft_read_u64(tuple + py->tuple_size) ? ft_read_u64(tuple + py->tuple_items) : 0;
}

/* The class of an object; a class itself, where that is what a method was called on. */
FT_INLINE __u64 ft_class_of(const struct ft_python* py, __u64 object) {
    __u64 type = ft_read_u64(object + FT_OBJECT_TYPE);

    return ft_read_u64(type + py->type_flags) & FT_TYPE_TYPE_SUBCLASS ? object : type;
}

/* Index of an entry in a keys table, by the number of its bucket; negative: none. Objects/dictobject.c. */
FT_INLINE __s64 ft_bucket(const struct ft_python* py, __u64 keys, __u64 log2_size, __u64 bucket) {
    __u64 indices = keys + py->keys_indices;

    if (log2_size < 8) return (__s8)ft_read_u8(indices + bucket);
    if (log2_size < 16) return (__s16)ft_read_u32(indices + 2 * bucket);
    return (__s32)ft_read_u32(indices + 4 * bucket);
}

#define FT_MAX_BUCKETS 24

/* What a dict has at a str of this hash; 0: nothing. Two strings of one hash are taken for the same. */
FT_INLINE __u64 ft_dict_item(const struct ft_python* py, __u64 dict, __u64 hash) {
    struct ft_storage storage = ft_dict_storage(py, dict);
    __u64 keys = storage.keys, perturb = hash, bucket, mask, entries, stride, size;

    if (!keys || !hash) return 0;
    size = ft_read_u8(keys + py->keys_log2_size) & 31;
    mask = (1ULL << size) - 1;
    stride = ft_read_u8(keys + py->keys_kind) == FT_KEYS_GENERAL ? 24 : 16;
    entries = keys + py->keys_indices + (1ULL << (ft_read_u8(keys + py->keys_log2_index_bytes) & 31));
    if (stride == 24) entries += 8;
    bucket = hash & mask;
    for (int i = 0; i < FT_MAX_BUCKETS; i++) {
        __s64 index = ft_bucket(py, keys, size, bucket);
        __u64 entry = entries + index * stride;

        if (index == -1) break;
        if (index >= 0) {
            __u64 key = ft_read_u64(entry);

            if (key && ft_read_u64(key + FT_STR_HASH) == hash)
                return ft_read_u64(storage.values ? storage.values + 8 * index : entry + 8);
        }
        perturb >>= 5;
        bucket = (bucket * 5 + perturb + 1) & mask;
    }
    return 0;
}

/* What a class itself has under a name, its bases aside; 0: nothing. */
FT_INLINE __u64 ft_own_class_attribute(const struct ft_python* py, __u64 type, __u64 hash) {
    return ft_dict_item(py, ft_read_u64(type + py->type_dict), hash);
}

/* Whether what a class has is this function: itself, or in a classmethod, a staticmethod or another object
 * that keeps it in one of its first members. */
FT_INLINE int ft_holds_function(const struct ft_python* py, __u64 value, __u64 function) {
    if (!value || value == function) return value != 0;
    if (ft_read_u64(value + FT_OBJECT_TYPE) == py->function_type) return 0;
    return ft_read_u64(value + FT_FIRST_MEMBER) == function ||
           ft_read_u64(value + FT_FIRST_MEMBER + 8) == function;
}

/* Objects/unicodeobject.c: state bits kind 2-4 (1, 2 or 4 bytes a code point), compact 5, ascii 6. An
 * instance of a subclass of str is not compact: it has a pointer to its characters. */
FT_INLINE void ft_text_str(const struct ft_python* py, struct ft_text* text, __u64 str) {
    __u32 state = ft_read_u32(str + py->str_state);
    __u64 kind = (state >> 2) & 7;
    __u64 length = ft_read_u64(str + py->str_length);
    __u64 data = str + (state & (1 << 6) ? py->str_ascii_data : py->str_compact_data);

    if (kind != 1 && kind != 2 && kind != 4) {
        ft_text_unreadable(text);
        return;
    }
    if (!(state & (1 << 5))) data = ft_read_u64(str + py->str_compact_data);
    /* Longer ones are cut all the same; the product below must not wrap. */
    if (length > FT_TEXT_DATA) length = FT_TEXT_DATA + 1;
    if (state & (1 << 6)) {
        ft_text_bytes(text, data, length, FT_TEXT_UTF8);
    } else {
        ft_text_bytes(text, data, length * kind,
                      kind == 1   ? FT_TEXT_LATIN1
                      : kind == 2 ? FT_TEXT_UCS2
                                  : FT_TEXT_UCS4);
    }
}

/* Up to two digits are made a number here; more go to the daemon as they are. Objects/longobject.c. */
FT_INLINE void ft_text_int(const struct ft_python* py, struct ft_text* text, __u64 object, __u8 encoding) {
    __s64 tag = ft_read_u64(object + py->int_tag);
    __u64 digits = tag, negative = 0, magnitude;

    if (py->int_tagged) {
        digits = (__u64)tag >> 3;
        negative = (tag & 3) == 2;
    } else if (tag < 0) {
        digits = -(__u64)tag;
        negative = 1;
    }
    if (digits > 2 || encoding != FT_TEXT_DIGITS) {
        if (digits > FT_TEXT_DATA / 4) {
            ft_text_unreadable(text);
            return;
        }
        ft_text_bytes(text, object + py->int_digits, digits * 4, encoding);
        if (negative) text->data[3] |= 0x80;
        return;
    }
    magnitude = ft_read_u32(object + py->int_digits);
    if (digits == 0) magnitude = 0;
    if (digits == 2) magnitude |= (__u64)ft_read_u32(object + py->int_digits + 4) << 30;
    ft_text_integer(text, negative ? -magnitude : magnitude, FT_TEXT_INTEGER);
}

/* Whether a type is called so. Up to 7 characters. */
FT_INLINE int ft_type_is_called(const struct ft_python* py, __u64 type, const char* name, __u32 length) {
    char found[8] = {};

    ft_read_string(found, length + 1, ft_read_u64(type + py->type_name));
    for (__u32 i = 0; i < length; i++)
        if (found[i] != name[i]) return 0;
    return 1;
}

/* What of an object is a text: of str, bytes, int and float, and of uuid.UUID. */
enum ft_plain { FT_PLAIN_NONE, FT_PLAIN_STR, FT_PLAIN_INT, FT_PLAIN_BYTES, FT_PLAIN_FLOAT, FT_PLAIN_UUID };

FT_INLINE enum ft_plain ft_plain_kind(const struct ft_python* py, __u64 object) {
    __u64 type = ft_read_u64(object + FT_OBJECT_TYPE);
    __u64 flags = ft_read_u64(type + py->type_flags);

    if (flags & FT_TYPE_STR_SUBCLASS) return FT_PLAIN_STR;
    if (flags & FT_TYPE_INT_SUBCLASS) return FT_PLAIN_INT;
    if (flags & FT_TYPE_BYTES_SUBCLASS) return FT_PLAIN_BYTES;
    if (type && type == py->float_type) return FT_PLAIN_FLOAT;
    return ft_type_is_called(py, type, "UUID", 5) ? FT_PLAIN_UUID : FT_PLAIN_NONE;
}

/* Lib/enum.py: a member keeps its value in its dict. */
static const struct ft_name ft_enum_value = {.text = "_value_", .length = 7, .pad = 0};

/* The object itself where it is a text; else what it stands for as a member of an Enum, if it is one. */
FT_INLINE __u64 ft_plain_value(const struct ft_python* py, __u64 object) {
    __u64 value;

    if (!object || object == py->none || ft_plain_kind(py, object)) return object;
    value = ft_attribute(py, object, &ft_enum_value, 0);
    return value && value != FT_MORE_KEYS ? value : object;
}

FT_INLINE void ft_text_object(const struct ft_python* py, struct ft_text* text, __u64 object) {
    ft_text_clear(text);
    if (!object || object == py->none) return;
    switch (ft_plain_kind(py, object)) {
        case FT_PLAIN_STR: return ft_text_str(py, text, object);
        case FT_PLAIN_INT: return ft_text_int(py, text, object, FT_TEXT_DIGITS);
        case FT_PLAIN_UUID: return ft_text_int(py, text, ft_read_u64(object + FT_FIRST_MEMBER), FT_TEXT_UUID);
        case FT_PLAIN_BYTES:
            return ft_text_bytes(text, object + FT_BYTES_DATA, ft_read_u64(object + FT_FIRST_MEMBER),
                                 FT_TEXT_UTF8);
        case FT_PLAIN_FLOAT:
            return ft_text_integer(text, ft_read_u64(object + FT_FIRST_MEMBER), FT_TEXT_DOUBLE);
        default: ft_text_unreadable(text);
    }
}

FT_INLINE void ft_text_type_name(const struct ft_python* py, struct ft_text* text, __u64 type) {
    ft_text_clear(text);
    if (type) ft_text_cstring(text, ft_read_u64(type + py->type_name));
}

/* Traceback of the exception pending in this thread, the last entry first; 0: none. */
FT_INLINE __u64 ft_pending_traceback(const struct ft_python* py, __u64 tstate) {
    __u64 exception;

    if (py->exception_is_type) return ft_read_u64(tstate + py->tstate_exception + FT_PENDING_TRACEBACK);
    exception = ft_read_u64(tstate + py->tstate_exception);
    return exception ? ft_read_u64(exception + FT_EXCEPTION_TRACEBACK) : 0;
}

/* The frame that a traceback entry is of. It may have returned: the traceback keeps it and its locals alive.
 */
FT_INLINE __u64 ft_traceback_frame(__u64 traceback) {
    __u64 object = traceback ? ft_read_u64(traceback + FT_TRACEBACK_FRAME) : 0;

    return object ? ft_read_u64(object + FT_FRAME_OBJECT_FRAME) : 0;
}

/* Class of the exception that is pending in this thread; cleared text when none is. */
FT_INLINE void ft_text_exception(const struct ft_python* py, struct ft_text* text, __u64 tstate) {
    __u64 exception = tstate ? ft_read_u64(tstate + py->tstate_exception) : 0;

    if (exception && !py->exception_is_type) exception = ft_read_u64(exception + FT_OBJECT_TYPE);
    ft_text_type_name(py, text, exception);
}

#endif

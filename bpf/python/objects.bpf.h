/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Readers of CPython objects: pure functions of a layout and the target's memory. They also compile
 * natively, where tests run them over fabricated objects.
 */
#ifndef FLOWTAP_PYTHON_BPF_H
#define FLOWTAP_PYTHON_BPF_H

#include "memory.bpf.h"
#include "python/ft_python.h"
#include "rounds.bpf.h"
#include "target.h"
#include "text.bpf.h"

/* Include/object.h, the same bits in all known versions. */
#define FT_TYPE_INT_SUBCLASS (1ULL << 24)
#define FT_TYPE_LIST_SUBCLASS (1ULL << 25)
#define FT_TYPE_TUPLE_SUBCLASS (1ULL << 26)
#define FT_TYPE_BYTES_SUBCLASS (1ULL << 27)
#define FT_TYPE_STR_SUBCLASS (1ULL << 28)
#define FT_TYPE_DICT_SUBCLASS (1ULL << 29)
#define FT_TYPE_EXCEPTION_SUBCLASS (1ULL << 30)
#define FT_TYPE_TYPE_SUBCLASS (1ULL << 31)

#define FT_OBJECT_TYPE 8          /* ob_type, in every GIL build */
#define FT_MANAGED_DICT_OFFSET 24 /* below the object: dict (or tagged) pointer; 3.11 has values at 32 */
#define FT_MANAGED_VALUES_OFFSET 32
#define FT_INLINE_VALUES_VALID 3 /* PyDictValues.valid, 3.13+ */
#define FT_KEYS_GENERAL 0        /* dk_kind: entries of {hash, key, value}; others {key, value} */
#define FT_MAX_KEYS 32           /* attributes looked at in one go; shared keys hold at most 30 */
#define FT_MAX_KEY_PARTS 8       /* how often that is done per object */
#define FT_MORE_KEYS (~0ULL)     /* no object: the attribute may be behind those; reads as unreadable */
#define FT_CODE_VARARGS 4        /* co_flags: there is a parameter *args */
#define FT_CODE_ASYNC 0x280      /* co_flags: CO_COROUTINE, CO_ASYNC_GENERATOR */
#define FT_STR_HASH 24           /* PyASCIIObject.hash */
#define FT_FIRST_MEMBER 16       /* what follows the head of an object: ob_fval, ob_size, the first slot */
#define FT_BYTES_DATA 32         /* PyBytesObject.ob_sval */
#define FT_OWNED_BY_GENERATOR 1  /* frame.owner */
#define FT_INTERPRETER_UNKNOWN 0xffffffff
#define FT_GIL_LOCKED 16          /* struct _gil_runtime_state.locked, an int; last_holder is at 8 */
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

    return locked == 1 && ft_read_u64(tstate + py->tstate_thread_id) == FT_PTHREAD_SELF(ft_thread_pointer());
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

/* As few branches as possible: the verifier follows each of them for each key of a table. What cannot be read
 * reads as zeroes, and no name is empty. */
FT_INLINE int ft_str_is(const struct ft_python* py, __u64 str, const struct ft_name* name) {
    __u64 words[FT_NAME_SIZE / 8] = {}, differing = 0;
    __u64 size = name->length & (FT_NAME_SIZE - 1); /* a mask is the bound the verifier keeps track of */

    if (ft_read_u64(str + py->str_length) != size) return 0;
    FT_BOUND(size);
    size &= FT_NAME_SIZE - 1;
    ft_read(words, size, str + py->str_ascii_data);
    for (int i = 0; i < FT_NAME_SIZE / 8; i++) {
        const __u64* wanted = (const __u64*)name->text + i;

        differing |= words[i] ^ *wanted;
    }
    return !differing;
}

/* The entries of a keys table: where the key pointer of the first one is, and how long each is. Computed
 * without a branch, which the verifier would follow through all that is done with them. */
struct ft_entries {
    __u64 first;
    __u64 stride;
};

FT_INLINE struct ft_entries ft_entries_of(const struct ft_python* py, __u64 keys) {
    __u8 log2_bytes = ft_read_u8(keys + py->keys_log2_index_bytes) & 31;
    __u64 kind = ft_read_u8(keys + py->keys_kind), general;
    struct ft_entries entries;

    FT_BOUND(kind);
    general = (kind - 1) >> 63; /* FT_KEYS_GENERAL is 0 */
    entries.first = keys + py->keys_indices + (1ULL << log2_bytes) + 8 * general;
    entries.stride = 16 + 8 * general;
    return entries;
}

#define FT_NO_KEY (-1LL)
#define FT_KEY_AFTER (-2LL) /* not among those looked at, but others follow */

/* Looks for the entry whose key is this name among FT_MAX_KEYS from the one with the number `first` on, and
 * returns its index counted from there. */
FT_INLINE __s64 ft_key_index(const struct ft_python* py, __u64 keys, const struct ft_name* name,
                             __u32 first) {
    struct ft_entries entries = ft_entries_of(py, keys);
    __u64 count = ft_read_u64(keys + py->keys_count);

    if (count < first) return FT_NO_KEY;
    count -= first;
    entries.first += entries.stride * first;
    FT_ROUNDS(i, FT_MAX_KEYS, 1) {
        if (i >= count) return FT_NO_KEY;
        if (ft_str_is(py, ft_read_u64(entries.first), name)) return i;
        entries.first += entries.stride;
    }
    return count > FT_MAX_KEYS ? FT_KEY_AFTER : FT_NO_KEY;
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

/* What a storage has at the index that ft_key_index() told: 0 for FT_NO_KEY, FT_MORE_KEYS for FT_KEY_AFTER.
 */
FT_INLINE __u64 ft_value_at(const struct ft_python* py, struct ft_storage storage, __s64 index) {
    struct ft_entries entries;

    if (index < 0) return index == FT_KEY_AFTER ? FT_MORE_KEYS : 0;
    if (storage.values) return ft_read_u64(storage.values + 8ULL * index);
    entries = ft_entries_of(py, storage.keys);
    return ft_read_u64(entries.first + entries.stride * index + 8);
}

/* The object an attribute holds, or 0; FT_MORE_KEYS where it is not among the FT_MAX_KEYS attributes from the
 * one with the number `first` on, and others follow. Instance attributes only: no properties, no class
 * attributes. */
FT_INLINE __u64 ft_attribute(const struct ft_python* py, __u64 object, const struct ft_name* name,
                             __u32 first) {
    struct ft_storage storage = ft_storage_of(py, object);
    __s64 index = storage.keys ? ft_key_index(py, storage.keys, name, first) : FT_NO_KEY;

    return ft_value_at(py, storage, index < 0 ? index : index + first);
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

/* The index in a bucket of a keys table, of 1, 2 or 4 bytes; negative: none. Objects/dictobject.c. */
FT_INLINE __s64 ft_bucket(__u64 indices, __u64 log2_width, __u64 bucket) {
    __u64 bits = 8ULL << (log2_width & 3);

    return (__s64)((__u64)ft_read_u32(indices + (bucket << (log2_width & 3))) << (64 - bits)) >> (64 - bits);
}

#define FT_MAX_BUCKETS 24

/* The shape of a keys table in one number, as each variable takes eight bytes of a BPF program's stack: log2
 * of its buckets (8 bits), log2 of a bucket's bytes (8 bits), and 1 for FT_KEYS_GENERAL. */
FT_INLINE __u64 ft_shape_of(const struct ft_python* py, __u64 keys) {
    __u64 log2_size = ft_read_u8(keys + py->keys_log2_size) & 31;
    __u64 log2_width = (ft_read_u8(keys + py->keys_log2_index_bytes) - log2_size) & 3;
    __u64 kind = ft_read_u8(keys + py->keys_kind);

    FT_BOUND(kind);
    return log2_size | log2_width << 8 | (kind - 1) >> 63 << 16;
}

/* Index of the entry whose key is a str of this hash, or FT_NO_KEY. Two strings of one hash are taken for the
 * same. */
FT_INLINE __s64 ft_hashed_index(const struct ft_python* py, __u64 keys, __u64 hash) {
    __u64 shape = ft_shape_of(py, keys), perturb = hash, bucket = hash;
    __u64 first = ft_entries_of(py, keys).first;

    FT_ROUNDS(i, FT_MAX_BUCKETS, 1) {
        __s64 index;

        FT_BOUND(shape); /* what follows from it is computed in each round, not kept */
        bucket &= (1ULL << (shape & 31)) - 1;
        index = ft_bucket(keys + py->keys_indices, shape >> 8 & 3, bucket);
        if (index == FT_NO_KEY) break; /* DKIX_EMPTY; deleted ones are DKIX_DUMMY, -2 */
        if (index >= 0) {
            __u64 key = ft_read_u64(first + index * (16 + 8 * (shape >> 16)));

            if (key && ft_read_u64(key + FT_STR_HASH) == hash) return index;
        }
        perturb >>= 5;
        bucket = bucket * 5 + perturb + 1;
    }
    return FT_NO_KEY;
}

/* What a dict has at a str of this hash; 0: nothing. */
FT_INLINE __u64 ft_dict_item(const struct ft_python* py, __u64 dict, __u64 hash) {
    struct ft_storage storage = ft_dict_storage(py, dict);

    return storage.keys && hash ? ft_value_at(py, storage, ft_hashed_index(py, storage.keys, hash)) : 0;
}

/* Whether what a class has is this function: itself, or in a classmethod, a staticmethod or another object
 * that keeps it in one of its first members. */
FT_INLINE int ft_holds_function(const struct ft_python* py, __u64 value, __u64 function) {
    if (!value || value == function) return value != 0;
    if (ft_read_u64(value + FT_OBJECT_TYPE) == py->function_type) return 0;
    return ft_read_u64(value + FT_FIRST_MEMBER) == function ||
           ft_read_u64(value + FT_FIRST_MEMBER + 8) == function;
}

/* Where the text of an object is, and what it looks like, in one number: programs are verified faster where
 * this is a result of a global function. Addresses of processes have at most 48 bits, unless they ask for
 * more. */
#define FT_SOURCE_ADDRESS ((1ULL << 48) - 1)
#define FT_SOURCE_LENGTH 48   /* in bytes, 7 bits: at most FT_TEXT_DATA + 4, which then is cut */
#define FT_SOURCE_ENCODING 55 /* enum ft_encoding, 4 bits */
#define FT_SOURCE_NEGATIVE (1ULL << 59)
#define FT_SOURCE_UNREADABLE (1ULL << 60)

FT_INLINE __u64 ft_source(__u64 address, __u64 length, __u64 encoding) {
    if (address > FT_SOURCE_ADDRESS) return FT_SOURCE_UNREADABLE;
    if (length > FT_TEXT_DATA) length = FT_TEXT_DATA + 4;
    return address | length << FT_SOURCE_LENGTH | encoding << FT_SOURCE_ENCODING;
}

/* Objects/unicodeobject.c: state bits kind 2-4 (1, 2 or 4 bytes a code point), compact 5, ascii 6. An
 * instance of a subclass of str is not compact: it has a pointer to its characters. */
FT_INLINE __u64 ft_str_source(const struct ft_python* py, __u64 str) {
    __u32 state = ft_read_u32(str + py->str_state);
    __u64 kind = (state >> 2) & 7;
    __u64 length = ft_read_u64(str + py->str_length);
    __u64 data = str + (state & (1 << 6) ? py->str_ascii_data : py->str_compact_data);

    if (kind != 1 && kind != 2 && kind != 4) return FT_SOURCE_UNREADABLE;
    if (!(state & (1 << 5))) data = ft_read_u64(str + py->str_compact_data);
    /* Longer ones are cut all the same; the product below must not wrap. */
    if (length > FT_TEXT_DATA) length = FT_TEXT_DATA + 1;
    if (state & (1 << 6)) return ft_source(data, length, FT_TEXT_UTF8);
    return ft_source(data, length * kind,
                     kind == 1   ? FT_TEXT_LATIN1
                     : kind == 2 ? FT_TEXT_UCS2
                                 : FT_TEXT_UCS4);
}

/* Up to two digits are made a number here; more go to the daemon as they are. Objects/longobject.c. */
FT_INLINE __u64 ft_int_source(const struct ft_python* py, __u64 object, __u64 encoding) {
    __s64 tag = ft_read_u64(object + py->int_tag);
    __u64 digits = tag, negative = 0;

    if (py->int_tagged) {
        digits = (__u64)tag >> 3;
        negative = (tag & 3) == 2;
    } else if (tag < 0) {
        digits = -(__u64)tag;
        negative = 1;
    }
    if (digits > FT_TEXT_DATA / 4) return FT_SOURCE_UNREADABLE;
    if (digits <= 2 && encoding == FT_TEXT_DIGITS) encoding = FT_TEXT_INTEGER;
    return ft_source(object + py->int_digits, digits * 4, encoding) | (negative ? FT_SOURCE_NEGATIVE : 0);
}

/* Whether a type is called so. Up to 7 characters; with the zero at its end, no longer name is taken for it.
 */
FT_INLINE int ft_type_is_called(const struct ft_python* py, __u64 type, const char* name, __u32 length) {
    char found[8] = {};

    ft_read_string(found, length + 1, ft_read_u64(type + py->type_name));
    for (__u32 i = 0; i < length; i++)
        if (found[i] != name[i]) return 0;
    return 1;
}

/* What of an object is a text: of str, bytes, int, bool and float, and of uuid.UUID. */
enum ft_plain {
    FT_PLAIN_NONE,
    FT_PLAIN_STR,
    FT_PLAIN_INT,
    FT_PLAIN_BOOL,
    FT_PLAIN_BYTES,
    FT_PLAIN_FLOAT,
    FT_PLAIN_UUID
};

FT_INLINE enum ft_plain ft_plain_kind(const struct ft_python* py, __u64 object) {
    __u64 type = ft_read_u64(object + FT_OBJECT_TYPE);
    __u64 flags = ft_read_u64(type + py->type_flags);

    if (flags & FT_TYPE_STR_SUBCLASS) return FT_PLAIN_STR;
    if (flags & FT_TYPE_INT_SUBCLASS)
        return ft_type_is_called(py, type, "bool", 5) ? FT_PLAIN_BOOL : FT_PLAIN_INT;
    if (flags & FT_TYPE_BYTES_SUBCLASS) return FT_PLAIN_BYTES;
    if (type && type == py->float_type) return FT_PLAIN_FLOAT;
    return ft_type_is_called(py, type, "UUID", 5) ? FT_PLAIN_UUID : FT_PLAIN_NONE;
}

FT_INLINE __u64 ft_text_source(const struct ft_python* py, __u64 object) {
    if (!object || object == py->none) return 0;
    switch (ft_plain_kind(py, object)) {
        case FT_PLAIN_STR: return ft_str_source(py, object);
        case FT_PLAIN_INT: return ft_int_source(py, object, FT_TEXT_DIGITS);
        case FT_PLAIN_BOOL: return ft_int_source(py, object, FT_TEXT_BOOLEAN);
        case FT_PLAIN_UUID: return ft_int_source(py, ft_read_u64(object + FT_FIRST_MEMBER), FT_TEXT_UUID);
        case FT_PLAIN_BYTES:
            return ft_source(object + FT_BYTES_DATA, ft_read_u64(object + FT_FIRST_MEMBER), FT_TEXT_UTF8);
        case FT_PLAIN_FLOAT: return ft_source(object + FT_FIRST_MEMBER, sizeof(double), FT_TEXT_DOUBLE);
        default: return FT_SOURCE_UNREADABLE;
    }
}

/* A number of up to two digits of 30 bits, which are where it goes. */
FT_INLINE void ft_join_digits(struct ft_text* text, __u64 negative) {
    __u32 digits[2];
    __u64 number;

    __builtin_memcpy(digits, text->data, sizeof(digits));
    number = digits[0] | (__u64)digits[1] << 30;
    ft_text_integer(text, negative ? -number : number, FT_TEXT_INTEGER);
}

FT_INLINE void ft_text_from(struct ft_text* text, __u64 source) {
    __u64 size = source >> FT_SOURCE_LENGTH & 127;

    __builtin_memset(text->data, 0, 2 * sizeof(__u32));
    ft_text_bytes(text, source & FT_SOURCE_ADDRESS, size, source >> FT_SOURCE_ENCODING & 15);
    if (source & FT_SOURCE_UNREADABLE) text->flags = FT_TEXT_UNREADABLE;
    if (text->encoding == FT_TEXT_INTEGER) return ft_join_digits(text, source & FT_SOURCE_NEGATIVE);
    if (source & FT_SOURCE_NEGATIVE) text->data[3] |= 0x80;
}

/* An id or another value as it goes to the daemon. */
FT_INLINE void ft_text_object(const struct ft_python* py, struct ft_text* text, __u64 object) {
    ft_text_from(text, ft_text_source(py, object));
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

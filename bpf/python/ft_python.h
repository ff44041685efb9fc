/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Layout of one CPython interpreter, as the BPF readers need it. Filled by userspace/python/versions; one
 * value per target process. Offsets are bytes from the start of the struct named by the prefix.
 */
#ifndef FLOWTAP_PYTHON_LAYOUT_H
#define FLOWTAP_PYTHON_LAYOUT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* How an instance of a heap type stores its attributes. */
#define FT_TYPE_INLINE_VALUES (1ULL << 2) /* tp_flags, 3.13+ */
#define FT_TYPE_MANAGED_DICT (1ULL << 4)

enum ft_attributes {
    FT_ATTRIBUTES_POINTERS = 1, /* 3.11: values pointer at object-32, dict pointer at object-24            */
    FT_ATTRIBUTES_TAGGED = 2,   /* 3.12: object-24 holds a dict, or (values - 1) when odd                  */
    FT_ATTRIBUTES_INLINE = 3,   /* 3.13+: dict at object-24, values inside the object at type.basicsize    */
};

/* The base of the address of the running thread's state. */
enum ft_tstate_in {
    FT_TSTATE_GLOBAL = 0, /* nothing: a variable of the process (3.11, whose interpreters share one GIL) */
    FT_TSTATE_GIL = 1,    /* 3.12+: the GIL of the main interpreter, at *(tstate_base): its last holder,
                             which is this thread's only if the GIL is taken, and by this thread             */
    FT_TSTATE_TLS = 2, /* 3.12+: the thread pointer                                                       */
    FT_TSTATE_DTV = 3, /* 3.12+: the block of a shared library: *(its blocks + tstate_base)               */
};

#define FT_OPCODE_BYTES 32
#define FT_CODE_FILTER_WORDS 8 /* a power of two */

struct ft_python {
    __u64 tstate_address; /* of a pointer to the running thread's state; from where: enum ft_tstate_in */
    __u64 tstate_base;
    __u64 none;           /* &_Py_NoneStruct    */
    __u64 cell_type;      /* &PyCell_Type       */
    __u64 function_type;  /* &PyFunction_Type   */
    __u64 float_type;     /* &PyFloat_Type      */
    __u64 method_type;    /* &PyMethod_Type     */
    __u64 member_type;    /* &PyMemberDescr_Type: what a class has for each of its slots */
    __u64 reference_mask; /* AND with a frame's references: ~3 on 3.14 (_PyStackRef tags), else ~0 */

    __u16 tstate_frame; /* _PyInterpreterFrame *, or _PyCFrame * when frame_via_cframe */
    __u16 cframe_frame;
    __u16 tstate_exception;   /* pending exception object; its type when exception_is_type (3.11) */
    __u16 tstate_thread_id;   /* pthread_self() of the thread */
    __u16 tstate_exc_info;    /* _PyErr_StackItem *; its exc_value at 0 */
    __u16 tstate_context;     /* PyContext *; NULL until the thread first sets a context variable */
    __u16 tstate_interpreter; /* PyInterpreterState * */
    __u16 interpreter_id;     /* never used again in its process; that of the main one is 0 */

    __u16 frame_code;
    __u16 frame_previous;
    __u16 frame_locals;   /* localsplus[0] */
    __u16 frame_function; /* the function object that runs */
    __u16 frame_owner;
    __u16 frame_is_entry;    /* byte: C entered this frame; 0: frames of their own stand for C functions */
    __u16 frame_instruction; /* the unit the frame is at: prev_instr, instr_ptr from 3.13 on */
    __u16 frame_stack_top;   /* 3.12+: where its stack ends, the number of values from the locals on; or, with
                                stack_top_is_address, their address */
    __u16 frame_return_offset; /* 3.13+: units from there to the next one after an inlined call; 0: none */

    __u16 kept_frame; /* 3.11: in a frame object, the frame it takes over, code object and all; 0: not that */

    __u16 generator_frame; /* embedded _PyInterpreterFrame */
    __u16 generator_state; /* gi_frame_state, one signed byte */

    __u16 function_code;
    __u16 function_name; /* func_name: what functools.wraps() copies */
    __u16 method_function;
    __u16 method_self;
    __u16 cell_value;

    __u16 type_name; /* const char *tp_name */
    __u16 type_basicsize;
    __u16 type_flags;
    __u16 type_dictoffset;
    __u16 type_cached_keys;
    __u16 type_dict;
    __u16 type_mro; /* tuple of the classes, in the order in which attributes are looked up */

    __u16 tuple_size;
    __u16 tuple_items;

    __u16 code_consts; /* tuple of its constants */
    __u16 code_argcount;
    __u16 code_kwonlyargcount;
    __u16 code_flags;
    __u16 code_qualname;

    __u16 dict_keys;
    __u16 dict_values;
    __u16 split_values; /* offset of value 0 from ma_values / the inline values: 0, or 8 on 3.13+ */
    __u16 keys_log2_size;
    __u16 keys_log2_index_bytes;
    __u16 keys_kind;
    __u16 keys_count; /* dk_nentries */
    __u16 keys_indices;

    __u16 str_length;
    __u16 str_state;
    __u16 str_ascii_data;
    __u16 str_compact_data;

    __u16 int_tag;    /* ob_size (3.11) or lv_tag (3.12+) */
    __u16 int_digits; /* 30-bit digits, 32 bits each */

    __s8 generator_created;         /* value of gi_frame_state before the first step */
    __s8 generator_suspended_first; /* values of gi_frame_state while it is suspended: from here */
    __s8 generator_suspended_last;  /* to here                                     */
    __s8 generator_executing;       /* while it runs; greater values mean that it has ended */
    __u8 tstate_in;                 /* enum ft_tstate_in */
    __u8 frame_via_cframe;
    __u8 exception_is_type;
    __u8 attributes;       /* enum ft_attributes */
    __u8 int_tagged;       /* lv_tag: digit count in bits 3.., sign in bits 0-1 (2 = negative) */
    __u8 inlines_awaits;   /* an awaited coroutine runs inside the awaiting frame's evaluation */
    __u8 first_shim_owner; /* frame_owner from which on a frame stands for a C function; 0: none does */
    __u8 pops_frame_first; /* a returning frame is no longer current when it lets go of its code object */
    __u8 get_awaitable;    /* opcode that follows a call whose result is awaited on the spot */
    __u8 call_ex_units;    /* of CALL_FUNCTION_EX with its inline cache: how far on the next instruction is */
    __u8 unstarted;        /* opcode at which a coroutine's frame stands before its first step */
    __u8 clocks;           /* whether drives are watched, so that running time can be told from suspension */
    __u8 stack_top_is_address;
    __u8 return_constants[2];            /* 3.12, 3.13: RETURN_CONST and sys.monitoring's; 0: none */
    __u8 await_opcodes[FT_OPCODE_BYTES]; /* where a frame stands that awaits what C steps: a bit per opcode */
    __u64 code_filter[FT_CODE_FILTER_WORDS]; /* ft_filter_bit() of each key of `codes`, at least */
};

/* Most code that passes a probe is in no profile. A bit that is not set shows that much more cheaply than
 * a lookup in a table. */
static inline __u64 ft_filter_bit(__u64 code) {
    return code * 0x9e3779b97f4a7c15ULL >> 55; /* less than 64 * FT_CODE_FILTER_WORDS */
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Keys and values of the maps: what the daemon passes to the BPF programs about a target. Shared by both
 * sides.
 */
#ifndef FLOWTAP_TARGET_H
#define FLOWTAP_TARGET_H

#include "event.h"
#include "python/ft_python.h"

#define FT_MAX_TARGETS 1024
#define FT_MAX_SITES 65536
#define FT_MAX_CODES 65536
#define FT_MAX_PROBES 4096
#define FT_MAX_NUMBERED 32768
#define FT_MAX_NAMES 256
#define FT_ENUM_VALUE (FT_MAX_NAMES - 1) /* of the `names` map: an Enum member's attribute, "_value_" */

#define FT_NO_REGISTER 0xff
#define FT_NO_POINT 0xffffffff

/* Where a probe is in one process. Every uprobe program looks it up, so it never acts on a process that is
 * not a target, whatever else is attached to the same file. */
struct ft_site_key {
    __u64 address; /* instruction pointer at the probe */
    __u32 tgid;
    __u32 pad;
};

/* How a native function reports failure by its return value. */
enum ft_failure {
    FT_FAILURE_NEVER = 0,
    FT_FAILURE_NON_ZERO = 1,
    FT_FAILURE_ZERO = 2,
    FT_FAILURE_NEGATIVE = 3, /* of a 32-bit int */
};

/* What is at the end of an access path. "There" is the address at the end of the path. */
enum ft_value {
    FT_VALUE_NONE = 0,
    FT_VALUE_NUMBER = 1,           /* the end of the path itself, shifted right and truncated to its width */
    FT_VALUE_NUMBER_AT = 2,        /* an integer of its width, there                                   */
    FT_VALUE_CSTRING_AT = 3,       /* the bytes there, up to a zero byte or the limit                  */
    FT_VALUE_BYTES_AT = 4,         /* the bytes there, as many as the register `length` says           */
    FT_VALUE_SLICE_AT = 5,         /* a pointer to bytes and their number, both there (see *_offset) */
    FT_VALUE_LIBCXX_STRING_AT = 6, /* a std::string of libc++, with its bytes inside it or elsewhere */
};

#define FT_MAX_LOADS 6

/* How to read one value at a probe of native code: base + (index << scale) + constant; then `loads` times
 * the 8 bytes at offsets[i] from there; then + offset. Registers by hardware number, or FT_NO_REGISTER. */
struct ft_access {
    __u64 constant;
    __s32 offsets[FT_MAX_LOADS];
    __s32 offset;
    __u8 type; /* enum ft_value */
    __u8 base;
    __u8 index;
    __u8 scale;
    __u8 loads;
    __u8 length;         /* FT_VALUE_BYTES_AT */
    __u8 width;          /* numbers: 1, 2, 4 or 8 bytes */
    __u8 is_signed;      /* numbers */
    __u8 shift;          /* FT_VALUE_NUMBER: bits */
    __u8 limit;          /* FT_VALUE_CSTRING_AT: maximum number of bytes; 0: as many as fit */
    __u8 pointer_offset; /* FT_VALUE_SLICE_AT */
    __u8 length_offset;
};

/* What is read at one site of native code. In a table of its own, because most sites read nothing. */
struct ft_reads {
    struct ft_access workflow_id;
    struct ft_access workflow_name;
    struct ft_access node_id;
    struct ft_access key;      /* pairs begin and end, instead of the stack           */
    struct ft_access duration; /* markers: duration of a complete execution, nanoseconds */
    struct ft_access result;   /* markers and end functions: value for enum ft_failure */
};

#define FT_MAX_READS 4096

enum ft_exit_flag {
    FT_EXIT_HANDED_ON = 1, /* return of a function that the point's function tail-calls */
    FT_EXIT_NO_RESULT = 2, /* the function returns no result */
};

struct ft_site {
    __u32 tgid;         /* of its process */
    __u32 number;       /* index into `numbered` and `hits`, and the cookie of its probe */
    __u32 target;       /* index into `layouts` */
    __u32 probe;        /* index of its counters */
    __u32 point;        /* native: its point; Python: FT_NO_POINT, the code object determines it */
    __s32 stack_adjust; /* stack pointer here + this = at the function's first instruction */
    __u8 result;        /* register with the call's result, or FT_NO_REGISTER */
    __u8 object;        /* register with the function's argument 0, or FT_NO_REGISTER */
    __u8 failure;       /* native exits: enum ft_failure */
    __u8 is_workflow;   /* native entries */
    __u32 reads;        /* native entries: index into `reads` */
    __u8 function; /* Python calls: register with the function, if object has its self; FT_NO_REGISTER: object
                      has the bound method */
    __u8 unfinished; /* destructions: completions are observed elsewhere, so an execution that is still open
                        did not complete */
    __u8 runs_on;    /* destructions: the coroutine may run once more, to be closed */
    __u8 by_class;   /* Python calls: object is the called instance; `codes` has its class */
    __u8 exit_flags; /* native exits: enum ft_exit_flag, or'ed */
    /* Python calls: registers with the arguments behind self, how many of them are positional, and the names
       of the others, as a vectorcall passes them; FT_NO_REGISTER: not known. */
    __u8 arguments;
    __u8 argument_count;
    __u8 keywords;
    __u8 any_callable; /* Python calls: object is a bound method or another callable; if result is NULL it
                          will not be called */
    __u8 pad[3];
};

#define FT_RETURN_OPCODES 4

/* The meaning of an access to memory with a hardware watch. Found by the address and the process (struct
 * ft_site_key). */
struct ft_watch {
    struct ft_site site;             /* its counters; the other members are unused */
    __u64 code;                      /* the function's code object */
    __u64 begin;                     /* address of that unit */
    __u8 returns[FT_RETURN_OPCODES]; /* ends: the opcodes at which a returning frame stands; padded with 0 */
    __u32 size;                      /* of the bytecode, from the begin on */
};

#define FT_MAX_WATCHES 4096

/* Where a 64-bit value is at a probe: in a register, or in memory that a register points to. */
struct ft_place {
    __s32 offset; /* in_memory: offset of the value from the register */
    __s16 addend; /* added to the value */
    __u8 base;    /* register; FT_NO_REGISTER: no value */
    __u8 in_memory;
};

/* An instruction that leaves frames: the unwinder, or longjmp, jumps to the frame in which execution
 * continues. */
struct ft_landing {
    __u32 probe;               /* index of its counters */
    __u32 is_jump;             /* longjmp, which may also switch to another stack */
    struct ft_place stack;     /* the stack pointer it sets */
    struct ft_place exception; /* struct _Unwind_Exception */
};

#define FT_MAX_LANDINGS 8192

#define FT_MAX_STEPS 4

enum ft_step_kind {
    FT_STEP_ATTRIBUTE = 0, /* of the instance, else of its class                                       */
    FT_STEP_ITEM = 1,      /* of a dict, at a str                                                      */
    FT_STEP_INDEX = 2,     /* of a list or a tuple                                                     */
    FT_STEP_CLASS = 3,     /* __class__                                                                */
    FT_STEP_NAME = 4,      /* __name__ of a function, a bound method or a class; else an attribute     */
    FT_STEP_QUALNAME = 5,
    FT_STEP_MODULE = 6,
};

/* A step from an object to another one. */
struct ft_step {
    __u64 hash; /* of the name or key, as a str of this process; 0: unknown */
    __u16 name; /* index into the `names` map; FT_STEP_INDEX: the index            */
    __u8 kind;  /* enum ft_step_kind                                               */
    __u8 pad[5];
};

/* A path from a variable of a Python function to a value: "message.labels['queue']". */
struct ft_path {
    __u64 hash;     /* of the variable's name, by which a call may pass it; 0: unknown */
    __s16 slot;     /* index into localsplus; negative: the function has no such variable                   */
    __s16 position; /* among a call's arguments, where self is 0; negative: not an argument */
    __s16 closure;  /* index into the function's closure; negative: not in it */
    __u8 steps;     /* how many of `at` are used */
    __u8 pad;
    struct ft_step at[FT_MAX_STEPS];
};

#define FT_MAX_PATHS 8192

enum ft_path_use {
    FT_PATH_WORKFLOW_ID = 0,
    FT_PATH_WORKFLOW_NAME = 1,
    FT_PATH_NODE_ID = 2,
    FT_PATH_NODE_TYPE = 3,
    FT_PATHS = 4,
};

enum ft_code_role {
    FT_CODE_WORKFLOW = 1,     /* an execution of this code is a workflow          */
    FT_CODE_NODE = 2,         /* ... is a node                                    */
    FT_CODE_CALLER = 4,       /* a frame of this code knows ids of the node below */
    FT_CODE_COROUTINE = 8,    /* a coroutine function; else seen by calls from C */
    FT_CODE_CARRIER = 16,     /* a coroutine that takes a node to another thread: see struct ft_carried */
    FT_CODE_VARIABLE = 32,    /* no code: a ContextVar that is set while a node runs                    */
    FT_CODE_SETTER = 64,      /* a node that is seen from where it sets such a variable to the reset    */
    FT_CODE_WATCHED = 128,    /* a plain function that is seen in its bytecode (see struct ft_watch), or
                                 between two calls that it makes (see begins_at)                       */
    FT_CODE_NAME = 256,       /* no code: the name (a str) of a method that classes may still get       */
    FT_CODE_SHARED = 512,     /* a decorator's code, which other functions run as well                  */
    FT_CODE_PASSING = 1024,   /* a method that hands its execution to another one of the same object  */
    FT_CODE_ENTRUSTED = 2048, /* a node only where one of its callers is the nearest known function  */
    FT_CODE_MARK = 8192,      /* no code: a class whose making begins or ends executions, see begins_at   */
    FT_CODE_CONTEXT = 4096,   /* no code: a ContextVar whose values are executions: see struct ft_level     */
    FT_CODE_GENERATOR = 16384, /* with FT_CODE_COROUTINE: a generator, which runs for whoever iterates it */
    FT_CODE_LATE_IDS = 32768,  /* a node whose own ids are read at its end, see FT_EVENT_NAMED           */
};

struct ft_code_key {
    /* Address of the PyCodeObject; of the class, where its instances are called; of a function object, where
     * its code is shared; of a str (FT_CODE_NAME). */
    __u64 code;
    __u32 tgid;
    /* 0: what the profiles say of the code. A point + 1: there is an entry if a call of this code (see
     * ft_code.fails) makes executions of that point fail. */
    __u32 failing;
};

struct ft_code {
    union {
        __u64 base;      /* the class whose objects it is called on; 0: no method */
        __u64 begins_at; /* FT_CODE_WATCHED without watches: the call that begins an execution, see
                            marks.bpf.h */
    };
    union {
        __u64 method;  /* the name (a str) by which their classes have it; 0: by no name */
        __u64 ends_at; /* as begins_at */
    };
    __u64 function; /* the function object that alone is meant; 0: each that runs this code */
    __u64 qualname; /* the code's co_qualname: another code at this address has another; 0: no code */
    __u32 point;
    __u16 role;            /* enum ft_code_role, or'ed */
    __s16 object_slot;     /* local with the node: its class is the node's type; negative: none */
    __s16 token_slot;      /* local with what setting the context variable returned; negative: none */
    __u8 seen;             /* a probe has seen it run; within an execution of the same node, too */
    __u8 fails;            /* a coroutine function that a point's failed_by names */
    __u32 interpreter;     /* number of the one that it is in; 0: the main one */
    __u32 paths[FT_PATHS]; /* by enum ft_path_use: indices into the `paths` map; 0: no path */
};

struct ft_open_key {
    __u64 key; /* struct ft_header.key */
    __u32 tgid;
    __u32 pad;
};

enum ft_open_state {
    FT_OPEN_RUNNING = 0,
    FT_OPEN_CREATED = 1,   /* a coroutine that exists; it may run later, be awaited unseen, or never run */
    FT_OPEN_IN_FLIGHT = 2, /* began before the attach, or its begin was lost: its end is not reported */
    FT_OPEN_CALL = 4, /* not an execution: the one with the key `keyed` runs at this place of the stack */
};

/* An execution between its begin and its end. */
struct ft_open {
    __u64 begin_ns;
    __u64 object;   /* Python nodes: the node; 0: unknown */
    __u64 stack;    /* native, FT_KEY_FRAME: stack pointer at the probed C function's first instruction */
    __u64 keyed;    /* FT_OPEN_CALL: the key of the execution that runs here */
    __u64 driver;   /* FT_KEY_COROUTINE: the one at the head of its chain of awaits; 0: unknown */
    __u64 clock_ns; /* FT_KEY_COROUTINE: the driver's struct ft_clock at the begin */
    __u64 reader;   /* FT_KEY_CALL: the instruction that read the bytecode, or made the call it begins at */
    __u64 handled;  /* FT_KEY_RUN, _CONTEXT, _CALL: the exception that was being handled at the begin */
    __u32 point;
    __u32 tid;
    __u8 key_kind;
    __u8 state;   /* enum ft_open_state */
    __u8 failure; /* native: enum ft_failure */
    __u8 failed;  /* Python: the function that failed_by names was called for it */
    __u16 probe;  /* of the begin */
    __u16 target; /* struct ft_site.target: the target whose share of the table it uses */
};

#define FT_MAX_OUTCOMES 4096

/* The value that decides whether an execution of the point without an exception has failed. */
struct ft_outcome {
    __s16 slot;        /* of the local at the start of the path; negative: the result */
    __u8 by_exception; /* failed if the value is an exception; otherwise userspace compares it */
    __u8 pad;
    __u32 path; /* from there, index into the `paths` map; 0: no step */
};

/* The effect of one call of ContextVar.set() in a context, until the reset with the token that it
 * returned. */
struct ft_level {
    __u64 variable;
    __u64 token; /* 0: the level is free */
    __u64 old;   /* the value before, or the variable's default */
    __u64 key;   /* of the open execution that began here; 0: none, or it has ended */
};

/* The levels of one context (PyContext) for all variables whose values are executions, oldest first. Free
 * ones may be between them. */
#define FT_MAX_LEVELS 8
struct ft_levels {
    struct ft_level at[FT_MAX_LEVELS];
    __u64 count; /* number in use, including free ones between them */
};
#define FT_MAX_CONTEXTS 16384

/* Coroutines that C is driving on this thread: the probed function that drives each has not returned yet.
 * Deeper nesting is not noted; what runs there has no known running time. */
#define FT_MAX_DRIVES 6
struct ft_drive {
    __u64 coroutine; /* 0: free */
    __u64 stack;     /* stack pointer at the first instruction of the function that drives it */
};
struct ft_drives {
    struct ft_drive at[FT_MAX_DRIVES];
};

/* How long the coroutine at one address has been driven. Only differences have a meaning. */
struct ft_clock {
    __u64 created_ns;
    __u64 ran_ns; /* total up to the end of the last drive */
    __u64 since;  /* begin of the current drive; 0: none */
};

/* Whose execution it is: the middle of struct ft_begin. On its own: what was known of a node where it was
 * handed to another thread, on which no frame above it knows. */
struct ft_identity {
    __u64 parent_key;
    struct ft_text workflow_id;
    struct ft_text workflow_name;
    struct ft_text node_id;
};

/* The execution that started a thread, and its identity. */
struct ft_starter {
    __u64 key;    /* struct ft_open_key.key */
    __u64 object; /* its node */
    struct ft_identity identity;
};

/* The last failure of a node on a thread: each C call around a failed call sees the failure again. Addresses
 * are reused, so the entry is removed when the thread runs another node. */
struct ft_raised {
    __u64 traceback; /* entry with the node's frame */
    __u64 node;
    __u64 caller; /* the frame that called */
    __u64 stack;  /* stack pointer, which is higher in an outer C call */
};

/* Attribute and function names, zero-padded; at most 63 bytes. */
#define FT_NAME_SIZE 64
struct ft_name {
    char text[FT_NAME_SIZE] __attribute__((aligned(8))); /* compared in words */
    __u32 length;
    __u32 pad;
};

/* Per CPU and probe. events = records submitted + the losses that follow. */
struct ft_counters {
    __u64 hits;            /* the probe fired in a target                            */
    __u64 events;          /* records it had to send                                 */
    __u64 lost_ring_full;  /* begin not sent: its execution is not counted; or left frames not sent: their
                              executions look open for longer */
    __u64 lost_open_full;  /* begin not sent: no room to note it */
    __u64 lost_open_share; /* begin not sent: its process has used up its share of that room */
    __u64 lost_late_full;  /* end not sent: no room in `late_ends` either            */
    __u64 unreadable;      /* a read of target memory failed                         */
    __u64 no_thread_state; /* the running thread's state was not found: hit ignored  */
};

FT_ASSERT(sizeof(struct ft_site_key) == 16, "ft_site_key");
FT_ASSERT(sizeof(struct ft_site) == 44, "ft_site");
FT_ASSERT(sizeof(struct ft_watch) == 72, "ft_watch");
FT_ASSERT(sizeof(struct ft_landing) == 24, "ft_landing");
FT_ASSERT(sizeof(struct ft_access) == 48, "ft_access");
FT_ASSERT(sizeof(struct ft_reads) == 6 * sizeof(struct ft_access), "ft_reads");
FT_ASSERT(sizeof(struct ft_step) == 16, "ft_step");
FT_ASSERT(sizeof(struct ft_path) == 16 + FT_MAX_STEPS * 16, "ft_path");
FT_ASSERT(sizeof(struct ft_code) == 32 + 16 + 4 * FT_PATHS, "ft_code");
FT_ASSERT(sizeof(struct ft_identity) == 8 + 3 * 96, "ft_identity");
FT_ASSERT(__builtin_offsetof(struct ft_begin, node_type) - __builtin_offsetof(struct ft_begin, parent_key) ==
              sizeof(struct ft_identity),
          "ft_identity is the middle of ft_begin");
FT_ASSERT(sizeof(struct ft_open) == 80, "ft_open");
FT_ASSERT(FT_MAX_PROBES <= 1 << 16 && FT_MAX_TARGETS <= 1 << 16, "ft_open.probe, ft_open.target");
FT_ASSERT(sizeof(struct ft_levels) == FT_MAX_LEVELS * 32 + 8, "ft_levels");
FT_ASSERT(sizeof(struct ft_counters) == 64, "ft_counters");

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The wire format between the kernel and the daemon: every record of the ring buffers. Included by the BPF
 * programs and by C++, so both sides assert one layout. All records have a fixed size, natural alignment and
 * no implicit padding.
 */
#ifndef FLOWTAP_EVENT_H
#define FLOWTAP_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#ifdef __cplusplus
#define FT_ASSERT static_assert
#else
#define FT_ASSERT _Static_assert
#endif

enum ft_event_kind {
    FT_EVENT_BEGIN = 1,        /* struct ft_begin: an execution began                         */
    FT_EVENT_END = 2,          /* struct ft_end: the execution with this key ended            */
    FT_EVENT_IN_FLIGHT = 3,    /* struct ft_header: began before the attach, ends unreported  */
    FT_EVENT_THREAD_EXIT = 4,  /* struct ft_header: a thread of the target ended; key is 0    */
    FT_EVENT_PROCESS_EXIT = 5, /* struct ft_header: the last thread of the target ended       */
    FT_EVENT_EXEC = 6,         /* struct ft_header: the target became another program         */
    /* struct ft_begin: a coroutine exists that is not awaited where it was created. If it ends without a
     * begin, it began here; if it ends as aborted, it never ran. */
    FT_EVENT_CREATED = 7,
    FT_EVENT_LEFT =
        8, /* struct ft_left: the stack was unwound to an outer frame; all frames below it were left */
    FT_EVENT_DONE = 9, /* struct ft_done: a complete execution, reported at its end */
    /* struct ft_end, key 0: the execution with a key of kind FT_KEY_RUN that ended last on this thread,
     * and was reported with the status known then, has failed with this error. */
    FT_EVENT_RAISED = 10,
    /* struct ft_begin: ids of the execution with this key, which are known at its end; the end follows. */
    FT_EVENT_NAMED = 11,
};

enum ft_status {
    FT_STATUS_SUCCESS = 0,
    FT_STATUS_FAILED = 1,
    FT_STATUS_ABORTED = 2, /* a coroutine destroyed before it finished; GeneratorExit means the same */
};

/* The kind of an execution's key. It determines what ends the execution when its thread ends. */
enum ft_key_kind {
    FT_KEY_STACK = 1,     /* native call: the stack pointer at the function's entry; dies with its thread */
    FT_KEY_FRAME = 2,     /* Python call: the caller's _PyInterpreterFrame; dies with its thread          */
    FT_KEY_COROUTINE = 3, /* coroutine object: may move between threads, outlives them                    */
    FT_KEY_OBJECT = 4,    /* a number that the engine passes: may move between threads, outlives them */
    FT_KEY_RUN = 5,     /* Python call, observed from where it sets a variable to where it resets it: its own
                           frame; dies with its thread, and may still fail (FT_EVENT_RAISED) */
    FT_KEY_CALL = 6,    /* Python call, observed by its bytecode or between two calls that it makes: its own
                           frame + 1; dies with its thread */
    FT_KEY_CONTEXT = 7, /* a context variable's value, from set to reset: a unique number. Dies with its
                           context, as aborted: this is how a set without a reset ends */
};

enum ft_encoding {
    FT_TEXT_NONE = 0,     /* no text was wanted, or the value is None */
    FT_TEXT_UTF8 = 1,     /* unchanged bytes: C strings, type names, ASCII str */
    FT_TEXT_LATIN1 = 2,   /* one byte per code point (CPython kind 1, not ASCII)            */
    FT_TEXT_UCS2 = 3,     /* two bytes per code point                                       */
    FT_TEXT_UCS4 = 4,     /* four bytes per code point                                      */
    FT_TEXT_INTEGER = 5,  /* data holds one little-endian signed 64-bit integer             */
    FT_TEXT_UNSIGNED = 6, /* data holds one little-endian unsigned 64-bit integer          */
    FT_TEXT_CPP_TYPE = 7, /* a C++ type's name as std::type_info has it: mangled            */
    FT_TEXT_DIGITS = 8,   /* a Python int: 30 bits in every 4 bytes, the lowest first; bit 31 of the first
                             says that it is negative                                       */
    FT_TEXT_DOUBLE = 9,   /* data holds one 64-bit floating-point number                    */
    FT_TEXT_UUID = 10,    /* as FT_TEXT_DIGITS, the number of a UUID                        */
    FT_TEXT_BOOLEAN = 11, /* as FT_TEXT_DIGITS, 0 or 1                                      */
};

enum ft_text_flags {
    FT_TEXT_TRUNCATED = 1,  /* the value is longer than data                               */
    FT_TEXT_UNREADABLE = 2, /* its memory could not be read; length: bytes read */
    FT_TEXT_TOLD = 4,       /* ft_end.error_type of a success: the value for failed_when */
    FT_TEXT_CALLED = 8,     /* ft_end.error_type of a failure: failed_by was called      */
};

#define FT_TEXT_DATA 92

struct ft_text {
    __u16 length; /* bytes of data in use */
    __u8 encoding;
    __u8 flags;
    char data[FT_TEXT_DATA];
};

struct ft_header {
    __u64 time_ns; /* CLOCK_MONOTONIC at the probe */
    __u64 key;     /* identifies an open execution within its process */
    __u32 tgid;    /* in the initial PID namespace, like tid */
    __u32 tid;
    __u32 point; /* index that the daemon gave to the profile's point */
    __u16 kind;  /* enum ft_event_kind */
    __u8 key_kind;
    __u8 status; /* enum ft_status; FT_EVENT_END only */
};

struct ft_begin {
    struct ft_header header;
    /* A native call with FT_KEY_OBJECT: the stack pointer at its entry, which shows whether the call was
     * left. Otherwise 0. */
    __u64 call_stack;
    __u64 parent_key; /* key of the workflow execution around this node; 0: not known from the stack */
    struct ft_text workflow_id;
    struct ft_text workflow_name;
    struct ft_text node_id;
    struct ft_text node_type;
};

/* The running time of a coroutine that was not, or could not be, observed during its whole life. */
#define FT_RUNNING_UNKNOWN (~0ULL)

struct ft_end {
    struct ft_header header;
    __u64 running_ns; /* coroutines: time between begin and end in which it was not suspended */
    /* FT_TEXT_NONE unless status is FT_STATUS_FAILED. With FT_STATUS_SUCCESS and FT_TEXT_TOLD: the value
     * that decides whether the execution failed. With FT_STATUS_FAILED and FT_TEXT_CALLED: FT_TEXT_NONE, the
     * daemon knows the function's name. */
    struct ft_text error_type;
};

/* In a ring buffer of its own, `starts`: a process was created, or executed another program. */
enum ft_start_kind {
    FT_START_FORK = 1, /* it does not run yet */
    FT_START_EXEC = 2,
};

struct ft_start {
    __u64 time_ns;
    __u32 tgid;
    __u32 parent; /* forks: the process that was copied */
    __u32 kind;   /* enum ft_start_kind */
    __u32 pad;
};

FT_ASSERT(sizeof(struct ft_start) == 24, "ft_start");

/* A row of the iterator `code_pages`. */
struct ft_code_pages {
    __u32 tgid;
    __u32 pages; /* mapped executable */
};

FT_ASSERT(sizeof(struct ft_code_pages) == 8, "ft_code_pages");

/* Every native execution whose stack pointer at entry is in [stack_from, stack_to) was left: by an
 * exception (failed, with its type), or by a forced unwind or longjmp (aborted). */
struct ft_left {
    struct ft_header header; /* key is 0 */
    __u64 stack_from;        /* the stack pointer before */
    __u64 stack_to;          /* the stack pointer after */
    /* 0: certainly on one stack. Otherwise the jump may have been one between stacks; then this is the
     * address in the thread's fs, which is the upper end of its original stack, or FT_NO_STACK. */
    __u64 own_stack;
    struct ft_text error_type;
};

#define FT_NO_STACK 1 /* unknown */

/* begin.header.time_ns is the time of the end; begin.header.key is 0. */
struct ft_done {
    struct ft_begin begin;
    __u64 duration_ns;
    struct ft_text error_type;
    __u8 duration_known;
    __u8 pad[7];
};

FT_ASSERT(sizeof(struct ft_text) == 96, "ft_text");
FT_ASSERT(sizeof(struct ft_header) == 32, "ft_header");
FT_ASSERT(__builtin_offsetof(struct ft_header, point) == 24, "ft_header.point");
FT_ASSERT(__builtin_offsetof(struct ft_header, status) == 31, "ft_header.status");
FT_ASSERT(sizeof(struct ft_begin) == 32 + 16 + 4 * 96, "ft_begin");
FT_ASSERT(sizeof(struct ft_end) == 32 + 8 + 96, "ft_end");
FT_ASSERT(sizeof(struct ft_left) == 32 + 24 + 96, "ft_left");
FT_ASSERT(sizeof(struct ft_done) == sizeof(struct ft_begin) + 8 + 96 + 8, "ft_done");

#endif

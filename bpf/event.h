/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The wire between the kernel and the daemon: every record of the ring buffer. Included by the BPF
 * programs and by C++, so both sides assert one layout. All records have a fixed size, natural
 * alignment and no implicit padding.
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
    /* struct ft_begin: a coroutine exists that is not awaited where it was made. It began here if it ends
     * without a begin; it is nothing if it ends aborted. */
    FT_EVENT_BORN = 7,
};

enum ft_status {
    FT_STATUS_SUCCESS = 0,
    FT_STATUS_FAILED = 1,
    FT_STATUS_ABORTED = 2, /* a coroutine destroyed before it finished; GeneratorExit means so too */
};

/* What an execution's key is; it says what ends the execution when its thread dies. */
enum ft_key_kind {
    FT_KEY_STACK = 1,     /* native call: the stack pointer at the function's entry; dies with its thread */
    FT_KEY_FRAME = 2,     /* Python call: the caller's _PyInterpreterFrame; dies with its thread          */
    FT_KEY_COROUTINE = 3, /* coroutine object: may move between threads, outlives them                    */
};

enum ft_encoding {
    FT_TEXT_NONE = 0,     /* no text was asked for, or the value is None                    */
    FT_TEXT_UTF8 = 1,     /* bytes as they are: C strings, type names, ASCII str            */
    FT_TEXT_LATIN1 = 2,   /* one byte per code point (CPython kind 1, not ASCII)            */
    FT_TEXT_UCS2 = 3,     /* two bytes per code point                                       */
    FT_TEXT_UCS4 = 4,     /* four bytes per code point                                      */
    FT_TEXT_INTEGER = 5,  /* data holds one little-endian signed 64-bit integer             */
    FT_TEXT_UNSIGNED = 6, /* data holds one little-endian unsigned 64-bit integer          */
};

enum ft_text_flags {
    FT_TEXT_TRUNCATED = 1,  /* the value is longer than data                               */
    FT_TEXT_UNREADABLE = 2, /* its memory could not be read; length says how much was      */
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
    __u32 point; /* index the daemon gave to the profile's point */
    __u16 kind;  /* enum ft_event_kind */
    __u8 key_kind;
    __u8 status; /* enum ft_status; FT_EVENT_END only */
};

struct ft_begin {
    struct ft_header header;
    __u64 parent_key; /* key of the workflow execution this node runs in; 0 = not known from the stack */
    struct ft_text workflow_id;
    struct ft_text workflow_name;
    struct ft_text node_id;
    struct ft_text node_type;
};

/* Running time of a coroutine that was not, or could not be, watched all its life. */
#define FT_RUNNING_UNKNOWN (~0ULL)

struct ft_end {
    struct ft_header header;
    __u64 running_ns;          /* coroutines: time between begin and end in which it was not suspended */
    struct ft_text error_type; /* FT_TEXT_NONE unless status is FT_STATUS_FAILED */
};

FT_ASSERT(sizeof(struct ft_text) == 96, "ft_text");
FT_ASSERT(sizeof(struct ft_header) == 32, "ft_header");
FT_ASSERT(__builtin_offsetof(struct ft_header, point) == 24, "ft_header.point");
FT_ASSERT(__builtin_offsetof(struct ft_header, status) == 31, "ft_header.status");
FT_ASSERT(sizeof(struct ft_begin) == 32 + 8 + 4 * 96, "ft_begin");
FT_ASSERT(sizeof(struct ft_end) == 32 + 8 + 96, "ft_end");

#endif

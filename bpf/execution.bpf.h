/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Begins and ends of executions: the `open` map, the ring buffer, and counters of what is lost.
 */
#ifndef FLOWTAP_EXECUTION_BPF_H
#define FLOWTAP_EXECUTION_BPF_H

#include "maps.bpf.h"
#include "open.bpf.h"
#include "python/objects.bpf.h"
#include "python/clocks.bpf.h"
#include "text.bpf.h"

/* Wakes the daemon once this many bytes wait. Below that, the daemon's timer drains the buffer. */
const volatile __u64 wakeup_bytes = 1 << 20;

/* Atomic, because on a preemptible kernel another probe may run on this CPU during an addition. */
#define COUNT(of, member)                                         \
    do {                                                          \
        struct ft_counters* count_in = (of);                      \
        if (count_in) __sync_fetch_and_add(&count_in->member, 1); \
    } while (0)

static __always_inline struct ft_counters* counters_of(__u32 probe) {
    return bpf_map_lookup_elem(&counters, &probe);
}

static __always_inline __u32 current_tgid(void) { return bpf_get_current_pid_tgid() >> 32; }

/* Whether probes carry the number of their site (Linux 5.15 and newer). Set by the daemon. */
const volatile __u8 has_cookies = 0;

static __always_inline void count_hit(const struct ft_site* site) {
    __u32 number = site->number;
    __u64* count = bpf_map_lookup_elem(&hits, &number);

    if (count) __sync_fetch_and_add(count, 1);
    COUNT(counters_of(site->probe), hits);
}

/* Finds the site either by cookie or by address, never one after the other: the verifier would follow
 * every program twice. */
static __always_inline struct ft_site* find_site(struct pt_regs* ctx) {
    __u32 tgid = current_tgid();

    if (has_cookies) {
        __u32 number = bpf_get_attach_cookie(ctx);
        struct ft_site* site = bpf_map_lookup_elem(&numbered, &number);

        return site && site->tgid == tgid ? site : NULL;
    } else {
        struct ft_site_key key = {.address = PT_REGS_IP(ctx), .tgid = tgid};

        return bpf_map_lookup_elem(&sites, &key);
    }
}

/* Linux 6.13 and newer give a uprobe program one stack for each CPU (kernel/bpf/verifier.c,
 * bpf_enable_priv_stack()). A preemptible kernel may run the program for another thread on that stack
 * before the first run is over. The first run then continues with the other's variables: one record is
 * submitted twice, another never. A program with a tail call uses its thread's stack. The table is empty,
 * so this calls nothing. */
static __always_inline void keep_thread_stack(void* ctx, void* programs) { bpf_tail_call(ctx, programs, 0); }

/* The site of this probe, if the current process is a target. Also counts the hit. */
static __always_inline struct ft_site* current_site(struct pt_regs* ctx) {
    struct ft_site* site = find_site(ctx);

    if (site)
        count_hit(site);
    else
        keep_thread_stack(ctx, &no_programs);
    return site;
}

static __always_inline __u64 submit_flags(void) {
    return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= wakeup_bytes ? BPF_RB_FORCE_WAKEUP
                                                                         : BPF_RB_NO_WAKEUP;
}

static __always_inline void fill_header(struct ft_header* header, __u16 kind, __u64 key, __u8 key_kind,
                                        __u32 point) {
    __u64 id = bpf_get_current_pid_tgid();

    header->time_ns = bpf_ktime_get_ns();
    header->key = key;
    header->tgid = id >> 32;
    header->tid = id;
    header->point = point;
    header->kind = kind;
    header->key_kind = key_kind;
    header->status = FT_STATUS_SUCCESS;
}

/* Reserves and counts a record of a constant size. NULL, and counted as lost, if there is no room. Compare
 * the result with NULL only once: at a second comparison the verifier of 5.10 follows both branches, and
 * misses the record on one of them. */
static __always_inline void* reserve_record(__u32 probe, __u64 size) {
    struct ft_counters* count = counters_of(probe);
    void* record;

    COUNT(count, events);
    record = bpf_ringbuf_reserve(&events, size, 0);
    if (record) return record;
    COUNT(count, lost_ring_full);
    return NULL;
}

/* Clears the fields that are read from the target. */
static __always_inline void clear_begin(struct ft_begin* event) {
    event->call_stack = 0;
    event->parent_key = 0;
    ft_text_clear(&event->workflow_id);
    ft_text_clear(&event->workflow_name);
    ft_text_clear(&event->node_id);
    ft_text_clear(&event->node_type);
}

/* A begin that found no room has no end. But a coroutine that was reported at its creation counts from
 * then on, so its end must be reported. */
static __always_inline void forget_lost_begin(const struct ft_open_key* key, __u8 state) {
    struct ft_open* created = bpf_map_lookup_elem(&open, key);

    if (!created || (created->state == FT_OPEN_CREATED && state != FT_OPEN_CREATED)) return;
    __sync_fetch_and_add(&exchanges_begun, 1);
    delete_open(key, created->target);
    __sync_fetch_and_add(&exchanges_done, 1);
}

static __always_inline void count_no_room(__u32 probe, int room) {
    struct ft_counters* count = counters_of(probe);

    if (room == FT_NO_ROOM_SHARE)
        COUNT(count, lost_open_share);
    else
        COUNT(count, lost_open_full);
}

/* Reserves a begin record and notes the execution in `open`. NULL, and counted, if either has no room. The
 * caller fills the texts and submits with submit_begin(). */
static __always_inline struct ft_begin* reserve_begin(const struct ft_site* site, struct ft_open* open_value,
                                                      __u64 key) {
    struct ft_open_key open_key = {.key = key, .tgid = current_tgid()};
    struct ft_begin* event = reserve_record(site->probe, sizeof(*event));
    int room;

    open_value->target = site->target;
    if (!event) {
        forget_lost_begin(&open_key, open_value->state);
        return NULL;
    }
    room = put_open(&open_key, open_value);
    if (room != FT_ROOM) {
        count_no_room(site->probe, room);
        bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
        return NULL;
    }
    fill_header(&event->header, FT_EVENT_BEGIN, key, open_value->key_kind, open_value->point);
    event->header.time_ns = open_value->begin_ns;
    clear_begin(event);
    return event;
}

static __always_inline void submit_begin(struct ft_begin* event) {
    bpf_ringbuf_submit(event, submit_flags());
}

static __always_inline struct ft_open* find_open(__u64 key) {
    struct ft_open_key open_key = {.key = key, .tgid = current_tgid()};
    struct ft_open* execution = bpf_map_lookup_elem(&open, &open_key);

    if (!execution) note_missing(&open_key);
    return execution;
}

static __always_inline void forget(__u64 key, __u32 target) {
    struct ft_open_key open_key = {.key = key, .tgid = current_tgid()};

    delete_open(&open_key, target);
}

/* Reports an execution that was running when flowtap attached. */
static __always_inline void report_in_flight(__u32 probe, __u64 key, __u8 key_kind, __u32 point) {
    struct ft_header* event = reserve_record(probe, sizeof(*event));

    if (!event) return;
    fill_header(event, FT_EVENT_IN_FLIGHT, key, key_kind, point);
    bpf_ringbuf_submit(event, submit_flags());
}

/* Python: the class of the exception pending in this thread state. Native: the returned value, an int. */
static __always_inline void fill_error_type(struct ft_text* text, const struct ft_python* py, __u64 error) {
    if (py)
        ft_text_exception(py, text, error);
    else
        ft_text_integer(text, (__s64)(__s32)error, FT_TEXT_INTEGER);
}

/* Reserves an end. If the ring buffer is full, the end goes to `late_ends`, so it is late but not lost. */
static __always_inline struct ft_end* reserve_end(struct ft_counters* count) {
    struct ft_end* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (event) return event;
    event = bpf_ringbuf_reserve(&late_ends, sizeof(*event), 0);
    if (event) return event;
    COUNT(count, lost_late_full);
    return NULL;
}

/* Reserves the end of this open execution, with an empty text. If there is no room, the execution is
 * forgotten. */
static __always_inline struct ft_end* reserve_end_of(struct ft_counters* count,
                                                     const struct ft_open* execution, __u64 key,
                                                     __u8 status) {
    __u32 target = execution->target;
    struct ft_end* event;

    COUNT(count, events);
    event = reserve_end(count);
    if (!event) {
        forget(key, target);
        return NULL;
    }
    fill_header(&event->header, FT_EVENT_END, key, execution->key_kind, execution->point);
    event->header.status = status;
    event->running_ns = running_time(execution, event->header.time_ns, status == FT_STATUS_ABORTED);
    ft_text_clear(&event->error_type);
    if (execution->failed && status == FT_STATUS_SUCCESS) {
        event->header.status = FT_STATUS_FAILED;
        event->error_type.flags = FT_TEXT_CALLED;
    }
    return event;
}

/* Sends the end of an open execution. py is NULL for native executions; error as for fill_error_type(). */
static __always_inline void end_execution(__u32 probe, const struct ft_open* execution, __u64 key,
                                          __u8 status, const struct ft_python* py, __u64 error) {
    __u32 target = execution->target;
    struct ft_end* event = reserve_end_of(counters_of(probe), execution, key, status);

    if (!event) return;
    if (status == FT_STATUS_FAILED) fill_error_type(&event->error_type, py, error);
    forget(key, target);
    bpf_ringbuf_submit(event, submit_flags());
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Ends without a function's return: the exit of a thread or process, and exec. Also starts of processes,
 * which may become targets.
 */
#ifndef FLOWTAP_LIFECYCLE_PROGRAMS_BPF_H
#define FLOWTAP_LIFECYCLE_PROGRAMS_BPF_H

#include "execution.bpf.h"
#include "python/threads.bpf.h"

/* Index of these events' counters; the daemon gives uprobes the indices after it. */
#define FT_LIFECYCLE_PROBE 0

static __always_inline void send_lifecycle(__u16 kind) {
    struct ft_counters* count = counters_of(FT_LIFECYCLE_PROBE);
    struct ft_header* event;

    COUNT(count, hits);
    COUNT(count, events);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event) {
        COUNT(count, lost_ring_full);
        return;
    }
    fill_header(event, kind, 0, 0, FT_NO_POINT);
    bpf_ringbuf_submit(event, submit_flags());
}

/* Whether the daemon searches for targets: then starts of all processes are reported, otherwise only those
 * of targets. May change while the programs run. */
bool watch_starts = false;

/* Starts that found no room in `starts`. The daemon then reads /proc. */
__u64 starts_lost = 0;

/* Wakes the daemon only for a copy of a target, which runs the target's code from its first moment. */
static __always_inline void send_start(__u32 kind, __u32 tgid, __u32 parent, __u64 flags) {
    struct ft_start* start = bpf_ringbuf_reserve(&starts, sizeof(*start), 0);

    if (!start) {
        __sync_fetch_and_add(&starts_lost, 1);
        return;
    }
    start->time_ns = bpf_ktime_get_ns();
    start->tgid = tgid;
    start->parent = parent;
    start->kind = kind;
    start->pad = 0;
    bpf_ringbuf_submit(start, flags);
}

/* kernel/exit.c, do_exit(): signal->live is decremented before this tracepoint, so 0 means the last
 * thread. */
SEC("raw_tp/sched_process_exit")
int process_exit(void* ctx) {
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    __u32 tgid = current_tgid();

    __u64 thread = bpf_get_current_pid_tgid();

    if (!bpf_map_lookup_elem(&targets, &tgid)) return 0;
    bpf_map_delete_elem(&drives, &thread);
    bpf_map_delete_elem(&starters, &thread);
    send_lifecycle(BPF_CORE_READ(task, signal, live.counter) ? FT_EVENT_THREAD_EXIT : FT_EVENT_PROCESS_EXIT);
    return 0;
}

SEC("raw_tp/sched_process_exec")
int process_exec(void* ctx) {
    __u32 tgid = current_tgid();
    bool chosen = bpf_map_lookup_elem(&targets, &tgid) != NULL;

    if (chosen) send_lifecycle(FT_EVENT_EXEC);
    if (chosen || watch_starts) send_start(FT_START_EXEC, tgid, 0, BPF_RB_NO_WAKEUP);
    return 0;
}

/* kernel/fork.c, kernel_clone(): parent and child; also called for a new thread, which has its process's
 * tgid. */
SEC("raw_tp/sched_process_fork")
int process_fork(struct bpf_raw_tracepoint_args* ctx) {
    struct task_struct* child = (struct task_struct*)ctx->args[1];
    __u32 tgid = BPF_CORE_READ(child, tgid);
    __u32 parent = current_tgid();
    bool chosen;

    if (tgid == parent) {
        thread_begins(tgid, BPF_CORE_READ(child, pid));
        return 0;
    }
    /* vfork makes no copy: the child runs in the parent's memory until its exec, which is reported as
     * well. */
    if (BPF_CORE_READ(child, mm) == BPF_CORE_READ((struct task_struct*)ctx->args[0], mm)) return 0;
    chosen = bpf_map_lookup_elem(&targets, &parent) != NULL;
    if (chosen || watch_starts)
        send_start(FT_START_FORK, tgid, parent, chosen ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
    return 0;
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Ends that no function returns from: a thread's death, a process's death, an exec.
 */
#ifndef FLOWTAP_LIFECYCLE_PROGRAMS_BPF_H
#define FLOWTAP_LIFECYCLE_PROGRAMS_BPF_H

#include "execution.bpf.h"

/* Counters of these events; the daemon gives uprobes the indices after it. */
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

/* kernel/exit.c, do_exit(): signal->live goes down before this tracepoint, so 0 means the last thread. */
SEC("raw_tp/sched_process_exit")
int process_exit(void* ctx) {
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    __u32 tgid = current_tgid();

    __u64 thread = bpf_get_current_pid_tgid();

    if (!bpf_map_lookup_elem(&targets, &tgid)) return 0;
    bpf_map_delete_elem(&drives, &thread);
    send_lifecycle(BPF_CORE_READ(task, signal, live.counter) ? FT_EVENT_THREAD_EXIT : FT_EVENT_PROCESS_EXIT);
    return 0;
}

SEC("raw_tp/sched_process_exec")
int process_exec(void* ctx) {
    __u32 tgid = current_tgid();

    if (bpf_map_lookup_elem(&targets, &tgid)) send_lifecycle(FT_EVENT_EXEC);
    return 0;
}

#endif

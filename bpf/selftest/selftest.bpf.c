// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// The programs of the self-test (userspace/selftest): they count how often each mechanism fires for a process
// that is told how often to trigger it. An object of its own, without CO-RE, so that it loads at once.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "selftest/selftest.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} records SEC(".maps");

/* Set by the tester. */
__u32 tester = 0;
__u32 subject = 0;
__u64 word_address = 0; /* not 0: each hit also sends a record with the word there */

/* Counted for the tester. */
__u64 hits = 0;
__u64 watch_hits = 0;
__u64 forks = 0;
__u64 execs = 0;
__u64 exits = 0;

static __always_inline __u32 current_process(void) { return bpf_get_current_pid_tgid() >> 32; }

static __always_inline void send_record(void) {
    struct ft_selftest_record* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

    if (!record) return;
    record->time_ns = bpf_ktime_get_ns();
    if (bpf_probe_read_user(&record->word, sizeof(record->word), (const void*)word_address)) record->word = 0;
    bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

static __always_inline int take_hit(void) {
    if (current_process() != subject) return 0;
    __sync_fetch_and_add(&hits, 1);
    if (word_address) send_record();
    return 0;
}

/* For a perf event. */
SEC("uprobe/selftest_single")
int single(void* ctx) { return take_hit(); }

/* For a uprobe_multi link, which requires another attach type: set when the object is opened. */
SEC("uprobe/selftest_many")
int many(void* ctx) { return take_hit(); }

SEC("perf_event")
int watched(void* ctx) {
    if (current_process() == subject) __sync_fetch_and_add(&watch_hits, 1);
    return 0;
}

SEC("raw_tp/sched_process_fork")
int process_forked(void* ctx) {
    if (current_process() == tester) __sync_fetch_and_add(&forks, 1);
    return 0;
}

SEC("raw_tp/sched_process_exec")
int process_executed(void* ctx) {
    if (current_process() == subject) __sync_fetch_and_add(&execs, 1);
    return 0;
}

/* Ignores exits of threads other than the last. */
SEC("raw_tp/sched_process_exit")
int process_exited(void* ctx) {
    if (bpf_get_current_pid_tgid() == ((__u64)subject << 32 | subject)) __sync_fetch_and_add(&exits, 1);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

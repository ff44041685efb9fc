/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the kernel that BPF programs see, as far as flowtap's use it: enough to run them in a test.
 * Maps and the ring buffer can be full; a value that a program goes on to use after its entry was deleted or
 * replaced is freed memory, for a sanitizer to find.
 */
#ifndef FLOWTAP_KERNEL_SHIM_H
#define FLOWTAP_KERNEL_SHIM_H

#include <linux/bpf.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As vmlinux.h names them. */
struct pt_regs {
    unsigned long ip, sp, ax, bx, cx, dx, bp, si, di, r8, r9, r10, r11, r12, r13, r14, r15;
};

struct bpf_perf_event_data {
    struct pt_regs regs;
    __u64 addr;
};

struct signal_struct {
    struct {
        int counter;
    } live;
};

struct task_struct {
    struct {
        unsigned long fsbase;
    } thread;
    struct signal_struct* signal;
    void* mm;
    int pid;
    int tgid;
};

/* A map of the programs, by the address of its definition. */
void ft_shim_map(const void* map, const char* name, __u32 type, __u32 capacity, __u32 key, __u32 value);

void* bpf_map_lookup_elem(void* map, const void* key);
long bpf_map_update_elem(void* map, const void* key, const void* value, __u64 flags);
long bpf_map_delete_elem(void* map, const void* key);
void* bpf_ringbuf_reserve(void* ring, __u64 size, __u64 flags);
void bpf_ringbuf_submit(void* record, __u64 flags);
void bpf_ringbuf_discard(void* record, __u64 flags);
#define bpf_tail_call(ctx, programs, index) ((void)(ctx), (void)(programs))
__u64 bpf_ringbuf_query(void* ring, __u64 flags);
__u64 bpf_get_current_pid_tgid(void);
__u64 bpf_ktime_get_ns(void);
__u64 bpf_get_attach_cookie(void* ctx);
unsigned long bpf_get_current_task(void);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Reports how many executable pages each process has mapped, so that the daemon notices libraries that are
 * loaded later. One read covers all processes, at 0.2 us each (10 us with /proc/PID/status), and costs the
 * processes nothing.
 */
#ifndef FLOWTAP_CODE_PAGES_BPF_H
#define FLOWTAP_CODE_PAGES_BPF_H

#include "execution.bpf.h"

SEC("iter/task")
int code_pages(struct bpf_iter__task* ctx) {
    struct task_struct* task = ctx->task;
    struct ft_code_pages row = {};
    struct mm_struct* mm;

    if (!task) return 0; /* end of the list */
    row.tgid = BPF_CORE_READ(task, tgid);
    if (row.tgid != (__u32)BPF_CORE_READ(task, pid)) return 0;
    mm = BPF_CORE_READ(task, mm);
    if (!mm) return 0; /* a kernel thread, or a process that is ending */
    row.pages = (__u32)BPF_CORE_READ(mm, exec_vm);
    bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
    return 0;
}

#endif

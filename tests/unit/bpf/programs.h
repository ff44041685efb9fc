/* SPDX-License-Identifier: Apache-2.0
 *
 * The BPF programs, compiled for this machine, over the kernel of kernel_shim.h.
 */
#ifndef FLOWTAP_PROGRAMS_H
#define FLOWTAP_PROGRAMS_H

#include "kernel_shim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As when they are loaded. */
void ft_register_maps(void);
/* How many executions of one target may be open, and how many are. */
void ft_limit_targets(int most);
int ft_open_of_target(unsigned target);
/* What the daemon says of the entry that it removes, and hears of it. */
void ft_announce_erasing(__u64 key, __u32 tgid);
__u32 ft_erasing_missed(void);
struct ft_exchanges {
    __u32 begun;
    __u32 done;
};
struct ft_exchanges ft_count_exchanges(void);

int native_entry(struct pt_regs* ctx);
int native_exit(struct pt_regs* ctx);
int native_return(struct pt_regs* ctx);
int native_landing(struct pt_regs* ctx);
int keyed_entry(struct pt_regs* ctx);
int keyed_exit(struct pt_regs* ctx);
int marker_begin(struct pt_regs* ctx);
int marker_end(struct pt_regs* ctx);
int marker_done(struct pt_regs* ctx);
int python_step_entry(struct pt_regs* ctx);
int python_step_exit(struct pt_regs* ctx);
int python_drive_entry(struct pt_regs* ctx);
int python_drive_exit(struct pt_regs* ctx);
int python_created(struct pt_regs* ctx);
int python_completion(struct pt_regs* ctx);
int python_destroyed(struct pt_regs* ctx);
int python_mark(struct pt_regs* ctx);
int python_raised(struct pt_regs* ctx);
int python_variable_set(struct pt_regs* ctx);
int python_watch_begin(struct bpf_perf_event_data* ctx);
int python_watch_end(struct bpf_perf_event_data* ctx);
int process_exit(void* ctx);

/* Of bpf/python/path_values.bpf.h. */
__u64 path_end(__u64 object, __u32 path_number, __u32 tgid);
__u64 plain_value(__u64 object, __u32 tgid);
__u64 start_in_arguments(__u64 arguments, __u64 count, __u64 keywords, __u32 path_number, __u32 tgid);
__u64 start_in_closure(__u64 function, __u32 path_number, __u32 tgid);

#ifdef __cplusplus
}
#endif

#endif

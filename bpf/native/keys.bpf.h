/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Keys that an engine passes: numbers among the arguments of a marker or a function.
 */
#ifndef FLOWTAP_KEYS_BPF_H
#define FLOWTAP_KEYS_BPF_H

#include "access.bpf.h"
#include "execution.bpf.h"
#include "native/native_programs.bpf.h"

static __always_inline long read_argument(struct pt_regs* ctx, const struct ft_access* access,
                                          __u64* number) {
    struct ft_operands operands = operands_of(ctx, access);

    return ft_read_number(access, &operands, number);
}

static __always_inline const struct ft_reads* reads_of(const struct ft_site* site) {
    __u32 index = site->reads;

    return bpf_map_lookup_elem(&reads, &index);
}

/* Keys of different points differ, and none is a stack pointer, whose upper bits are 0. */
static __always_inline __u64 engine_key(const struct ft_site* site, __u64 number) {
    return number + ((__u64)(site->point + 1) << 48);
}

/* 0 if the key cannot be read: such an execution is not counted, but the failure is. */
static __always_inline __u64 read_key(struct pt_regs* ctx, const struct ft_site* site,
                                      const struct ft_reads* read) {
    __u64 number = 0;

    if (read->key.type == FT_VALUE_NONE) return engine_key(site, (__u32)bpf_get_current_pid_tgid());
    if (read_argument(ctx, &read->key, &number)) {
        COUNT(counters_of(site->probe), unreadable);
        return 0;
    }
    return engine_key(site, number);
}

#endif

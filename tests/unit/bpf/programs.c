/* SPDX-License-Identifier: Apache-2.0 */
#include "programs.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What the BPF build takes from libbpf and vmlinux.h. */
#define SEC(name)
#define __uint(name, number) int(*name)[number]
#define __type(name, type) __typeof__(type)* name
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define PT_REGS_IP(ctx) ((ctx)->ip)
#define PT_REGS_SP(ctx) ((ctx)->sp)
#define PT_REGS_PARM2(ctx) ((ctx)->si)
#define PT_REGS_RC(ctx) ((ctx)->ax)
#define FT_CORE_READ_1(from, member) ((from)->member)
#define FT_CORE_READ_2(from, pointer, member) ((from)->pointer->member)
#define FT_CORE_READ_OF(one, two, which, ...) which
#define BPF_CORE_READ(from, ...) \
    FT_CORE_READ_OF(__VA_ARGS__, FT_CORE_READ_2, FT_CORE_READ_1, 0)(from, __VA_ARGS__)
#define bpf_core_field_exists(field) 1

/* A map; the C library has a function of that name. */
#define open ft_open_executions

#define FT_NATIVE
#include "bpf/lifecycle_programs.bpf.h"
#include "bpf/native/keyed_programs.bpf.h"
#include "bpf/native/landing_programs.bpf.h"
#include "bpf/native/marker_programs.bpf.h"
#include "bpf/native/native_programs.bpf.h"
#include "bpf/python/calls.bpf.h"
#include "bpf/python/lifetime.bpf.h"
#include "bpf/python/marks.bpf.h"
#include "bpf/python/raised.bpf.h"
#include "bpf/python/steps.bpf.h"
#include "bpf/python/variables.bpf.h"
#include "bpf/python/watches.bpf.h"

#define FT_COUNT_OF(member) (sizeof(*(member)) / sizeof(int))
#define FT_RING(map, name) \
    ft_shim_map(&(map), name, FT_COUNT_OF((map).type), FT_COUNT_OF((map).max_entries), 0, 0)
#define FT_TABLE(map, name)                                                                                \
    ft_shim_map(&(map), name, FT_COUNT_OF((map).type), FT_COUNT_OF((map).max_entries), sizeof(*(map).key), \
                sizeof(*(map).value))

void ft_limit_targets(int most) { most_open_of_target = most; }
int ft_open_of_target(unsigned target) { return open_of_target[target]; }

void ft_announce_erasing(__u64 key, __u32 tgid) {
    erasing_key = key;
    erasing_tgid = tgid;
    erasing_missed = 0;
}
__u32 ft_erasing_missed(void) { return erasing_missed; }
struct ft_exchanges ft_count_exchanges(void) {
    struct ft_exchanges count = {exchanges_begun, exchanges_done};

    return count;
}

void ft_register_maps(void) {
    memset(open_of_target, 0, sizeof(open_of_target));
    ft_announce_erasing(0, 0);
    exchanges_begun = exchanges_done = 0;
    ft_limit_targets(0x7fffffff);
    FT_RING(events, "events");
    FT_RING(late_ends, "late_ends");
    FT_RING(starts, "starts");
    FT_TABLE(targets, "targets");
    FT_TABLE(sites, "sites");
    FT_TABLE(numbered, "numbered");
    FT_TABLE(hits, "hits");
    FT_TABLE(layouts, "layouts");
    FT_TABLE(starters, "starters");
    FT_TABLE(no_starter, "no_starter");
    FT_TABLE(landings, "landings");
    FT_TABLE(watches, "watches");
    FT_TABLE(watched_calls, "watched_calls");
    FT_TABLE(reads, "reads");
    FT_TABLE(codes, "codes");
    FT_TABLE(open, "open");
    FT_TABLE(carried_nodes, "carried_nodes");
    FT_TABLE(nothing_carried, "nothing_carried");
    FT_TABLE(raised, "raised");
    FT_TABLE(drives, "drives");
    FT_TABLE(clocks, "clocks");
    FT_TABLE(paths, "paths");
    FT_TABLE(outcomes, "outcomes");
    FT_TABLE(contexts, "contexts");
    FT_TABLE(no_levels, "no_levels");
    FT_TABLE(names, "names");
    FT_TABLE(counters, "counters");
}

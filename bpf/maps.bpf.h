/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The maps, with the reason for each size. Nothing is pinned: all maps disappear with the daemon. All are
 * preallocated: before Linux 6.1 a tracing program with any other hash map makes the kernel warn and taint
 * itself (kernel/bpf/verifier.c, "trace type BPF program uses run-time allocation").
 */
#ifndef FLOWTAP_MAPS_BPF_H
#define FLOWTAP_MAPS_BPF_H

#include "target.h"

/* Records for the daemon. The daemon sets the size before loading (default 8 MiB: 19,000 begins). */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 8 << 20);
} events SEC(".maps");

/* Ends that found `events` full. The daemon sets the size before loading: enough for all executions that
 * may be open then, and for those that begin while it drains `events`. It drains this buffer first. */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 16 << 20);
} late_ends SEC(".maps");

/* Starts of processes: room for 2,700 (24 bytes and a header of 8 each). */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 128 << 10);
} starts SEC(".maps");

/* Empty: see keep_thread_stack(). Programs that are attached in different ways may not share one. */
struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} no_programs SEC(".maps"), no_return_programs SEC(".maps");

/* tgid -> layout of its interpreter (zeroes for a native target). A process with an entry is a target. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FT_MAX_TARGETS);
    __type(key, __u32);
    __type(value, struct ft_python);
} targets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FT_MAX_SITES);
    __type(key, struct ft_site_key);
    __type(value, struct ft_site);
} sites SEC(".maps");

/* The same sites by number, for probes that carry it as their cookie. Number 0 is unused; a site that was
 * removed has no process. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FT_MAX_NUMBERED);
    __type(key, __u32);
    __type(value, struct ft_site);
} numbered SEC(".maps");

/* Hits of each site, by its number. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, FT_MAX_NUMBERED);
    __type(key, __u32);
    __type(value, __u64);
} hits SEC(".maps");

/* The entries of `targets` by a small number of the target, which its sites contain. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FT_MAX_TARGETS);
    __type(key, __u32);
    __type(value, struct ft_python);
} layouts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FT_MAX_LANDINGS);
    __type(key, struct ft_site_key);
    __type(value, struct ft_landing);
} landings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FT_MAX_WATCHES);
    __type(key, struct ft_site_key);
    __type(value, struct ft_watch);
} watches SEC(".maps");

/* The frame that called a watched function (ft_open_key.key) -> the function's own frame. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 8192);
    __type(key, struct ft_open_key);
    __type(value, __u64);
} watched_calls SEC(".maps");

/* What is read at sites of native code; index 0 reads nothing. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FT_MAX_READS);
    __type(key, __u32);
    __type(value, struct ft_reads);
} reads SEC(".maps");

/* The functions of the profiles, by code object. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FT_MAX_CODES);
    __type(key, struct ft_code_key);
    __type(value, struct ft_code);
} codes SEC(".maps");

/* Open executions. Preallocated, because an update in a probe must not depend on the allocator. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct ft_open_key);
    __type(value, struct ft_open);
} open SEC(".maps");

/* By point (ft_open_key.key). */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FT_MAX_OUTCOMES);
    __type(key, struct ft_open_key);
    __type(value, struct ft_outcome);
} outcomes SEC(".maps");

/* By context (PyContext; ft_open_key.key). */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, FT_MAX_CONTEXTS);
    __type(key, struct ft_open_key);
    __type(value, struct ft_levels);
} contexts SEC(".maps");

/* Initial value of an entry of `contexts`, which is too large for the BPF stack. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ft_levels);
} no_levels SEC(".maps");

/* What is known of a node that was handed to another thread. */
struct ft_carried {
    struct ft_identity identity;
    __u64 coroutine;       /* that hands it over; 0: a method does, by starting a thread        */
    __u64 code;            /* of the coroutine                                                  */
    __u64 parent_begin_ns; /* of the execution with identity.parent_key; 0: it was not open     */
    __u32 slot;            /* the coroutine's variable that holds the node                      */
    __u32 uses;            /* executions that got their ids from here                           */
};

/* Nodes on their way to another thread, by the address of the cell that holds the node, or else by its own
 * (ft_open_key.key). The oldest go when it is full. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 8192);
    __type(key, struct ft_open_key);
    __type(value, struct ft_carried);
} carried_nodes SEC(".maps");

/* What an entry of carried_nodes starts as: too large for the BPF stack. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ft_carried);
} nothing_carried SEC(".maps");

/* By thread (pid_tgid): threads that a node has started. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, __u64);
    __type(value, struct ft_starter);
} starters SEC(".maps");

/* Initial value of an entry of `starters`, which is too large for the BPF stack. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ft_starter);
} no_starter SEC(".maps");

/* By thread (pid_tgid). */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 8192);
    __type(key, __u64);
    __type(value, struct ft_raised);
} raised SEC(".maps");

/* By thread (pid_tgid), while `clocks` are kept. If it is full, running times are unknown. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8192);
    __type(key, __u64);
    __type(value, struct ft_drives);
} drives SEC(".maps");

/* By coroutine (ft_open_key.key). If it is full, the oldest are evicted: running times of their nodes are
 * unknown. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 16384);
    __type(key, struct ft_open_key);
    __type(value, struct ft_clock);
} clocks SEC(".maps");

/* Paths along which ids of Python functions are read; index 0 is no path. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FT_MAX_PATHS);
    __type(key, __u32);
    __type(value, struct ft_path);
} paths SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FT_MAX_NAMES);
    __type(key, __u32);
    __type(value, struct ft_name);
} names SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, FT_MAX_PROBES);
    __type(key, __u32);
    __type(value, struct ft_counters);
} counters SEC(".maps");

#endif

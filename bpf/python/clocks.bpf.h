/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * How long a coroutine ran, without the time it was suspended. A coroutine runs only while C drives the head
 * of its chain of awaits (its driver). A drive is one call of send, throw or close on the driver, observed
 * from entry to return, so the driver's clock is exact. The time it advanced between a node's begin and end
 * is the node's running time. If any of this was not observed, the running time is unknown.
 */
#ifndef FLOWTAP_PYTHON_CLOCKS_BPF_H
#define FLOWTAP_PYTHON_CLOCKS_BPF_H

#include "maps.bpf.h"
#include "python/awaits.bpf.h"

static __always_inline struct ft_clock* clock_of(__u64 coroutine) {
    struct ft_open_key key = {.key = coroutine, .tgid = bpf_get_current_pid_tgid() >> 32};

    return bpf_map_lookup_elem(&clocks, &key);
}

static __always_inline struct ft_drives* drives_here(void) {
    __u64 thread = bpf_get_current_pid_tgid();

    return bpf_map_lookup_elem(&drives, &thread);
}

/* Global functions, as in python/known_codes.bpf.h. */
__attribute__((noinline)) int drive_begins(__u64 coroutine, __u64 stack) {
    struct ft_clock* clock = clock_of(coroutine);
    struct ft_drives* here = drives_here();

    if (clock && !clock->since) clock->since = bpf_ktime_get_ns();
    if (!here) {
        struct ft_drives first = {.at = {{coroutine, stack}}};
        __u64 thread = bpf_get_current_pid_tgid();

        bpf_map_update_elem(&drives, &thread, &first, BPF_NOEXIST);
        return 0;
    }
    for (int i = 0; i < FT_MAX_DRIVES; i++) {
        if (here->at[i].coroutine) continue;
        here->at[i].coroutine = coroutine;
        here->at[i].stack = stack;
        break;
    }
    return 0;
}

/* The drive that began in this C call. */
__attribute__((noinline)) int drive_ends(__u64 stack) {
    struct ft_drives* here = drives_here();
    struct ft_clock* clock;
    __u64 coroutine = 0;

    if (!here) return 0;
    for (int i = 0; i < FT_MAX_DRIVES; i++) {
        if (here->at[i].stack != stack || !here->at[i].coroutine) continue;
        coroutine = here->at[i].coroutine;
        here->at[i].coroutine = 0;
        break;
    }
    clock = coroutine ? clock_of(coroutine) : NULL;
    if (!clock || !clock->since) return 0;
    clock->ran_ns += bpf_ktime_get_ns() - clock->since;
    clock->since = 0;
    return 0;
}

static __always_inline int is_driven(__u64 coroutine) {
    struct ft_drives* here = drives_here();

    if (!here || !coroutine) return 0;
    for (int i = 0; i < FT_MAX_DRIVES; i++)
        if (here->at[i].coroutine == coroutine) return 1;
    return 0;
}

__attribute__((noinline)) __u64 driver_of(__u64 coroutine, __u64 above, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    return py ? ft_driver(py, coroutine, above) : 0;
}

/* The driver of the object that a generator's frame awaits; 0 for other frames. */
__attribute__((noinline)) __u64 driver_of_frame(__u64 frame, __u32 tgid) {
    struct ft_python* py = bpf_map_lookup_elem(&targets, &tgid);

    if (!py || !ft_is_generator_frame(py, frame)) return 0;
    return ft_driver(py, frame - py->generator_frame, ft_read_u64(frame + py->frame_previous));
}

/* The driver of a coroutine that C steps, called from this frame. */
static __always_inline __u64 driver_below(const struct ft_python* py, __u64 coroutine, __u64 caller,
                                          __u32 tgid) {
    return ft_awaits_through_c(py, caller) ? driver_of_frame(caller, tgid) : coroutine;
}

/* The driver's clock at the begin of an execution; 0 if the begin of its drive was not observed. */
__attribute__((noinline)) __u64 clock_at(__u64 driver, __u64 begin_ns) {
    struct ft_open_key key = {.key = driver, .tgid = bpf_get_current_pid_tgid() >> 32};
    struct ft_clock first = {.created_ns = begin_ns, .since = begin_ns};
    struct ft_clock* clock;

    if (!is_driven(driver)) return 0;
    clock = bpf_map_lookup_elem(&clocks, &key);
    if (clock && clock->since) return clock->created_ns + clock->ran_ns + begin_ns - clock->since;
    return bpf_map_update_elem(&clocks, &key, &first, BPF_ANY) ? 0 : begin_ns;
}

/* The running time of an execution that ends now: during a drive, or destroyed while nothing drives it. A
 * clock that is younger than the execution is not the one with which it began. */
static __always_inline __u64 running_time(const struct ft_open* execution, __u64 now_ns, int destroyed) {
    struct ft_clock* clock;

    if (execution->key_kind != FT_KEY_COROUTINE || !execution->driver) return FT_RUNNING_UNKNOWN;
    clock = clock_of(execution->driver);
    if (!clock || clock->created_ns > execution->begin_ns || (clock->since == 0) != destroyed)
        return FT_RUNNING_UNKNOWN;
    return clock->created_ns + clock->ran_ns + (clock->since ? now_ns - clock->since : 0) -
           execution->clock_ns;
}

#endif

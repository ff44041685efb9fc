/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The only access to a target's memory and to its thread pointer. For BPF it uses bpf_probe_read_user(). In
 * native builds (FT_NATIVE), the including test supplies ft_native_read() and ft_native_thread_pointer().
 *
 * bpf_probe_read_user() does not fault pages in: memory that is not resident reads as an error.
 */
#ifndef FLOWTAP_MEMORY_BPF_H
#define FLOWTAP_MEMORY_BPF_H

#include "thread_pointer.bpf.h"

#ifdef FT_NATIVE
#include <string.h>
long ft_native_read(void* to, __u32 size, __u64 from);
__u64 ft_native_thread_pointer(void);
#define FT_INLINE static inline
#define ft_thread_pointer() ft_native_thread_pointer()
#define ft_read(to, size, from) ft_native_read(to, size, from)
#define FT_BOUND(value) ((void)0)
#define FT_AFRESH(pointer) ((void)0)
#define FT_CLAMP(value, limit)                    \
    do {                                          \
        if ((value) > (limit)) (value) = (limit); \
    } while (0)
#else
#define FT_INLINE static __always_inline
#define ft_thread_pointer() BPF_CORE_READ((struct task_struct*)bpf_get_current_task(), FT_THREAD_POINTER)
#define ft_read(to, size, from) bpf_probe_read_user(to, size, (const void*)(from))
/* Keeps clang from optimising a bounds check away before the verifier has seen it. */
#define FT_BOUND(value) asm volatile("" : "+r"(value))
/* Makes clang compute the addresses of members where they are used, not in advance: it would keep each on
 * the stack, of which Linux 5.10 allows little. */
#define FT_AFRESH(pointer) asm volatile("" : "+r"(pointer))
/* Unsigned 64-bit minimum with a constant. In assembly, so that the compared register is the one used
 * afterwards: clang may spill a value, compare one copy and use the other, and only newer kernels'
 * verifiers apply the comparison to a spilled copy (6.12 does, 6.1 refuses "R2 min value is negative"). */
#define FT_CLAMP(value, limit) asm volatile("if %0 <= %1 goto +1\n\t%0 = %1" : "+r"(value) : "i"(limit))
#endif

/* The value at the address, or 0 if it cannot be read: 0 is never a valid object, type or frame. A failed
 * read leaves zeroes (kernel/trace/bpf_trace.c, bpf_probe_read_user_common()), so no check is needed: a
 * branch here doubles what the verifiers of 5.10 and 6.1 have to follow at every read, up to their limit. */
FT_INLINE __u64 ft_read_u64(__u64 address) {
    __u64 value = 0;

    ft_read(&value, sizeof(value), address);
    return value;
}

FT_INLINE __u32 ft_read_u32(__u64 address) {
    __u32 value = 0;

    ft_read(&value, sizeof(value), address);
    return value;
}

FT_INLINE __u8 ft_read_u8(__u64 address) {
    __u8 value = 0;

    ft_read(&value, sizeof(value), address);
    return value;
}

#endif

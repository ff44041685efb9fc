/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What bpf/arch/NAME/thread_pointer.bpf.h provides:
 *
 *   FT_THREAD_POINTER         member of struct task_struct: the thread pointer of user space
 *   FT_THREAD_BLOCKS          from there, the address of the thread's blocks of thread-local variables (dtv)
 *   FT_PTHREAD_SELF(pointer)  what pthread_self() returns in the thread with that pointer
 */
#ifndef FLOWTAP_THREAD_POINTER_BPF_H
#define FLOWTAP_THREAD_POINTER_BPF_H

#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
#include "arch/x86_64/thread_pointer.bpf.h"
#else
#error "flowtap has no directory bpf/arch for this machine: see docs/adding-an-architecture.md"
#endif

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FLOWTAP_X86_64_THREAD_POINTER_BPF_H
#define FLOWTAP_X86_64_THREAD_POINTER_BPF_H

/* The FS base points to the thread's control block, which is also its descriptor. */
#define FT_THREAD_POINTER thread.fsbase
#define FT_THREAD_BLOCKS 8 /* tcbhead_t.dtv; glibc and musl */
#define FT_PTHREAD_SELF(pointer) (pointer)

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What the self-test's programs report. Shared by bpf/selftest.bpf.c and userspace/selftest.
 */
#ifndef FLOWTAP_SELFTEST_H
#define FLOWTAP_SELFTEST_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* One hit, as reported through the ring buffer. */
struct ft_selftest_record {
    __u64 time_ns;
    __u64 word; /* what was read from the subject's memory */
};

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Entries of `open`, and how many of them each target has: no process may take the room of all others.
 */
#ifndef FLOWTAP_OPEN_BPF_H
#define FLOWTAP_OPEN_BPF_H

#include "maps.bpf.h"

/* By ft_site.target. The daemon, which deletes entries too, has this array mapped. Signed: an entry that is
 * deleted while its target is detached may be counted down once too often. */
__s32 open_of_target[FT_MAX_TARGETS];
#ifdef FT_NATIVE
__s32 most_open_of_target;
#else
const volatile __s32 most_open_of_target = 0x7fffffff;
#endif

enum ft_room {
    FT_ROOM = 0,
    FT_NO_ROOM = 1,       /* the table is full */
    FT_NO_ROOM_SHARE = 2, /* the target has its share */
};

static __always_inline void count_open(__u32 target, __s32 change) {
    if (target < FT_MAX_TARGETS) __sync_fetch_and_add(&open_of_target[target], change);
}

/* Adds an entry, or replaces the one with its key: enum ft_room. */
static __always_inline int put_open(const struct ft_open_key* key, const struct ft_open* value) {
    __u32 target = value->target;
    int refusal = FT_NO_ROOM_SHARE;

    if (target >= FT_MAX_TARGETS) return FT_NO_ROOM;
    if (open_of_target[target] < most_open_of_target) {
        if (!bpf_map_update_elem(&open, key, value, BPF_NOEXIST)) {
            count_open(target, 1);
            return FT_ROOM;
        }
        refusal = FT_NO_ROOM;
    }
    return bpf_map_update_elem(&open, key, value, BPF_EXIST) ? refusal : FT_ROOM;
}

static __always_inline void delete_open(const struct ft_open_key* key, __u32 target) {
    if (!bpf_map_delete_elem(&open, key)) count_open(target, -1);
}

#endif

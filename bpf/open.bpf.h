/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Entries of `open`, and their number for each target: no process may take the room of all others.
 */
#ifndef FLOWTAP_OPEN_BPF_H
#define FLOWTAP_OPEN_BPF_H

#include "maps.bpf.h"

/* Indexed by ft_site.target. The daemon maps this array, because it deletes entries too. Signed: an entry
 * that is deleted while its target is being detached from may be subtracted twice. */
__s32 open_of_target[FT_MAX_TARGETS];
#ifdef FT_NATIVE
__s32 most_open_of_target;
#else
const volatile __s32 most_open_of_target = 0x7fffffff;
#endif

/* The key whose entry the daemon is removing. If a new execution has just got that key, its entry is
 * missing until the daemon puts it back: a probe that looks for it meanwhile counts that in
 * erasing_missed. */
__u64 erasing_key;
__u32 erasing_tgid;
__u32 erasing_missed;

/* Numbers of exchanges by probes (entries replaced, or deleted for another reason than an end): begun, and
 * done. */
__u32 exchanges_begun;
__u32 exchanges_done;

enum ft_room {
    FT_ROOM = 0,
    FT_NO_ROOM = 1,       /* the table is full */
    FT_NO_ROOM_SHARE = 2, /* the target has used up its share */
};

static __always_inline void count_open(__u32 target, __s32 change) {
    if (target < FT_MAX_TARGETS) __sync_fetch_and_add(&open_of_target[target], change);
}

/* Adds an entry, or replaces the one with its key. Returns enum ft_room. */
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
    __sync_fetch_and_add(&exchanges_begun, 1);
    if (!bpf_map_update_elem(&open, key, value, BPF_EXIST)) refusal = FT_ROOM;
    __sync_fetch_and_add(&exchanges_done, 1);
    return refusal;
}

static __always_inline void note_missing(const struct ft_open_key* key) {
    if (key->key == erasing_key && key->tgid == erasing_tgid) __sync_fetch_and_add(&erasing_missed, 1);
}

static __always_inline void delete_open(const struct ft_open_key* key, __u32 target) {
    if (!bpf_map_delete_elem(&open, key)) count_open(target, -1);
}

#endif

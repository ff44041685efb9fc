/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Fills struct ft_text from a target's memory. A value that cannot be read leaves an empty text with
 * FT_TEXT_UNREADABLE: the event is sent anyway.
 */
#ifndef FLOWTAP_TEXT_BPF_H
#define FLOWTAP_TEXT_BPF_H

#include "event.h"
#include "memory.bpf.h"
#ifdef FT_NATIVE
long ft_native_read_string(void* to, __u32 size, __u64 from);
#define ft_read_string(to, size, from) ft_native_read_string(to, size, from)
#else
#define ft_read_string(to, size, from) bpf_probe_read_user_str(to, size, (const void*)(from))
#endif

FT_INLINE void ft_text_clear(struct ft_text* text) {
    text->length = 0;
    text->encoding = FT_TEXT_NONE;
    text->flags = 0;
}

FT_INLINE void ft_text_unreadable(struct ft_text* text) {
    text->length = 0;
    text->encoding = FT_TEXT_NONE;
    text->flags = FT_TEXT_UNREADABLE;
}

FT_INLINE void ft_text_integer(struct ft_text* text, __u64 value, __u8 encoding) {
    text->length = sizeof(value);
    text->encoding = encoding;
    text->flags = 0;
    __builtin_memcpy(text->data, &value, sizeof(value));
}

/* At most `limit` bytes: for arrays that a text may fill completely, without a terminator. */
FT_INLINE void ft_text_array(struct ft_text* text, __u64 address, __u64 limit) {
    __u64 room = limit + 1;
    long size;

    FT_CLAMP(room, FT_TEXT_DATA);
    size = ft_read_string(text->data, room, address);
    if (size <= 0) {
        ft_text_unreadable(text);
        return;
    }
    text->length = size - 1;
    text->encoding = FT_TEXT_UTF8;
    text->flags = 0;
    /* A full buffer holds 91 bytes and the terminator; the string may or may not be longer. */
    if (size == FT_TEXT_DATA && limit >= FT_TEXT_DATA && ft_read_u8(address + FT_TEXT_DATA - 1))
        text->flags = FT_TEXT_TRUNCATED;
}

FT_INLINE void ft_text_cstring(struct ft_text* text, __u64 address) { ft_text_array(text, address, 1 << 20); }

FT_INLINE void ft_text_bytes(struct ft_text* text, __u64 address, __u64 size, __u8 encoding) {
    __u64 kept = size;

    FT_CLAMP(kept, FT_TEXT_DATA);
    if (ft_read(text->data, kept, address)) {
        ft_text_unreadable(text);
        return;
    }
    text->length = kept;
    text->encoding = encoding;
    text->flags = size > FT_TEXT_DATA ? FT_TEXT_TRUNCATED : 0;
}

#endif

/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Reads one value of native code: follows an access path (struct ft_access) and makes a text of the value at
 * its end. If some memory on the path cannot be read, the text gets FT_TEXT_UNREADABLE: a failed load gives
 * 0, and addresses near 0 are never mapped.
 */
#ifndef FLOWTAP_ACCESS_BPF_H
#define FLOWTAP_ACCESS_BPF_H

#include "target.h"
#include "text.bpf.h"

/* The registers that a path names, or 0. */
struct ft_operands {
    __u64 base;
    __u64 index;
    __u64 length;
};

FT_INLINE __u64 ft_follow(const struct ft_access* access, const struct ft_operands* operands) {
    __u64 value = operands->base + (operands->index << (access->scale & 3)) + access->constant;
    int i;

#ifndef FT_NATIVE
#pragma unroll
#endif
    for (i = 0; i < FT_MAX_LOADS; i++) {
        if (i >= access->loads) break;
        value = ft_read_u64(value + (__s64)access->offsets[i]);
    }
    return value + (__s64)access->offset;
}

/* The low bytes of a number as 64 bits. */
FT_INLINE __u64 ft_widened(__u64 value, __u8 width, __u8 is_signed) {
    __u8 unused = (64 - 8 * width) & 63;

    value <<= unused;
    return is_signed ? (__u64)((__s64)value >> unused) : value >> unused;
}

/* Returns 0 and sets *number, or returns a negative value if its memory cannot be read. */
FT_INLINE long ft_read_number(const struct ft_access* access, const struct ft_operands* operands,
                              __u64* number) {
    __u64 at = ft_follow(access, operands);
    __u64 size = access->width;
    __u64 value = 0;
    long failed = 0;

    FT_CLAMP(size, sizeof(value));
    if (access->type == FT_VALUE_NUMBER)
        value = at >> (access->shift & 63);
    else
        failed = ft_read(&value, size, at);
    *number = ft_widened(value, access->width, access->is_signed);
    return failed;
}

FT_INLINE void ft_text_number(struct ft_text* text, const struct ft_access* access,
                              const struct ft_operands* operands) {
    __u64 number = 0;

    if (ft_read_number(access, operands, &number))
        ft_text_unreadable(text);
    else
        ft_text_integer(text, number, access->is_signed ? FT_TEXT_INTEGER : FT_TEXT_UNSIGNED);
}

/* An unreadable length must not become 0, which would be an empty but readable text. */
FT_INLINE void ft_text_slice(struct ft_text* text, const struct ft_access* access, __u64 at) {
    __u64 length = 0;

    if (ft_read(&length, sizeof(length), at + access->length_offset))
        ft_text_unreadable(text);
    else
        ft_text_bytes(text, ft_read_u64(at + access->pointer_offset), length, FT_TEXT_UTF8);
}

/* libc++'s default layout: bit 0 of the first byte is set for a long string, {capacity, size, pointer}; a
 * short one is {size << 1, bytes}. */
FT_INLINE void ft_text_libcxx(struct ft_text* text, __u64 at) {
    __u64 words[3] = {};
    __u64 data = at + 1;
    __u64 length;

    if (ft_read(words, sizeof(words), at)) {
        ft_text_unreadable(text);
        return;
    }
    length = (words[0] & 0xff) >> 1;
    if (words[0] & 1) {
        length = words[1];
        data = words[2];
    }
    ft_text_bytes(text, data, length, FT_TEXT_UTF8);
}

FT_INLINE void ft_text_access(struct ft_text* text, const struct ft_access* access,
                              const struct ft_operands* operands) {
    __u64 at;

    if (access->type == FT_VALUE_NONE) return;
    if (access->type <= FT_VALUE_NUMBER_AT) {
        ft_text_number(text, access, operands);
        return;
    }
    at = ft_follow(access, operands);
    switch (access->type) {
        case FT_VALUE_CSTRING_AT: ft_text_array(text, at, access->limit ? access->limit : 1 << 20); break;
        case FT_VALUE_BYTES_AT: ft_text_bytes(text, at, operands->length, FT_TEXT_UTF8); break;
        case FT_VALUE_SLICE_AT: ft_text_slice(text, access, at); break;
        case FT_VALUE_LIBCXX_STRING_AT: ft_text_libcxx(text, at); break;
    }
}

#endif

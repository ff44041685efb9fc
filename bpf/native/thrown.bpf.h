/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The type of an exception in flight, from its struct _Unwind_Exception: exception_class at 0, private_1 at
 * 16.
 */
#ifndef FLOWTAP_THROWN_BPF_H
#define FLOWTAP_THROWN_BPF_H

#include "text.bpf.h"

#define FT_GCC_CLASS 0x474e5543432b2b00ULL      /* "GNUCC++", then 0, or 1 for std::rethrow_exception() */
#define FT_CLANG_CLASS 0x434c4e47432b2b00ULL    /* "CLNGC++", likewise */
#define FT_RUST_CLASS 0x54535552005a4f4dULL     /* "MOZ", 0, "RUST" in memory order */
#define FT_OLD_RUST_CLASS 0x4d4f5a0052555354ULL /* the same in the byte order of C++; earlier compilers */

/* Forced unwinds keep their stop function in private_1. It is 0 for all others, in libgcc (unwind.inc) and
 * in LLVM's libunwind (UnwindLevel1.c). */
FT_INLINE int ft_is_forced_unwind(__u64 exception) { return ft_read_u64(exception + 16) != 0; }

/* The C++ runtimes keep their own header before it: libstdc++'s unwind-cxx.h and libc++abi's
 * cxa_exception.h have exceptionType 80 bytes before. For an exception thrown by std::rethrow_exception(),
 * libstdc++ has a pointer to the thrown object there, which directly follows its own header. */
FT_INLINE __u64 ft_thrown_type(__u64 exception, __u64 kind) {
    __u64 type = ft_read_u64(exception - 80);

    return kind == (FT_GCC_CLASS | 1) ? ft_read_u64(type - 112) : type;
}

FT_INLINE void ft_text_words(struct ft_text* text, const char* words, __u16 length) {
    text->length = length;
    text->encoding = FT_TEXT_UTF8;
    text->flags = 0;
    __builtin_memcpy(text->data, words, length);
}

FT_INLINE void ft_text_thrown(struct ft_text* text, __u64 exception) {
    __u64 kind = ft_read_u64(exception);
    __u64 language = kind & ~1ULL;

    if (language == FT_GCC_CLASS || language == FT_CLANG_CLASS) {
        /* std::type_info: the name follows the pointer to its virtual functions. */
        ft_text_cstring(text, ft_read_u64(ft_thrown_type(exception, kind) + 8));
        if (text->encoding == FT_TEXT_UTF8) text->encoding = FT_TEXT_CPP_TYPE;
    } else if (kind == FT_RUST_CLASS || kind == FT_OLD_RUST_CLASS) {
        ft_text_words(text, "panic", 5);
    } else {
        ft_text_words(text, "foreign exception", 17);
    }
}

#endif

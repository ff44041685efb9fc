/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FLOWTAP_X86_64_REGISTERS_BPF_H
#define FLOWTAP_X86_64_REGISTERS_BPF_H

/* The barrier keeps clang from merging the cases into one load at a computed offset. The verifier refuses
 * that: programs may read the context only at constant offsets. */
#define FT_REGISTER_CASE(number, member) \
    case number:                         \
        value = ctx->member;             \
        asm volatile("" : "+r"(value));  \
        break;

#define FT_RETURN_ADDRESS_SIZE 8

/* By hardware number: rax rcx rdx rbx rsp rbp rsi rdi r8..r15. */
static __always_inline __u64 register_value(struct pt_regs* ctx, __u8 number) {
    __u64 value = 0;

    switch (number) {
        FT_REGISTER_CASE(0, ax)
        FT_REGISTER_CASE(1, cx)
        FT_REGISTER_CASE(2, dx)
        FT_REGISTER_CASE(3, bx)
        FT_REGISTER_CASE(4, sp)
        FT_REGISTER_CASE(5, bp)
        FT_REGISTER_CASE(6, si)
        FT_REGISTER_CASE(7, di)
        FT_REGISTER_CASE(8, r8)
        FT_REGISTER_CASE(9, r9)
        FT_REGISTER_CASE(10, r10)
        FT_REGISTER_CASE(11, r11)
        FT_REGISTER_CASE(12, r12)
        FT_REGISTER_CASE(13, r13)
        FT_REGISTER_CASE(14, r14)
        FT_REGISTER_CASE(15, r15)
    }
    return value;
}

#endif

// SPDX-License-Identifier: Apache-2.0
#include "arch/probed_functions.h"

// The kernel emulates a push, and single-steps a mov (code/probe_cost.cpp).
asm(R"(
    .pushsection .text
    .globl flowtap_selftest_emulated, flowtap_selftest_single_stepped
    .type flowtap_selftest_emulated, @function
    .type flowtap_selftest_single_stepped, @function
    .balign 16
flowtap_selftest_emulated:
    push %rbp
    pop %rbp
    ret
    .balign 16
flowtap_selftest_single_stepped:
    mov %rdi, %rax
    ret
    .popsection
)");

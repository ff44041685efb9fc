/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What bpf/arch/NAME/registers.bpf.h provides. All else that programs ask of a context is libbpf's PT_REGS_*
 * (bpf_tracing.h), which knows every architecture.
 *
 *   register_value(ctx, number)   by the numbers of userspace/arch/NAME/architecture.h
 *   FT_RETURN_ADDRESS_SIZE        bytes that a call pushes
 */
#ifndef FLOWTAP_REGISTERS_BPF_H
#define FLOWTAP_REGISTERS_BPF_H

#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
#include "arch/x86_64/registers.bpf.h"
#else
#error "flowtap has no directory bpf/arch for this machine: see docs/adding-an-architecture.md"
#endif

#endif

// SPDX-License-Identifier: Apache-2.0
// The seam between flowtap and the machine it runs on: what a directory userspace/arch/NAME provides. flowtap
// observes processes of its own architecture, so it is chosen when flowtap is compiled.
//
// arch/NAME/architecture.h, facts:
//   enum class Register   the general registers, numbered as bpf/arch/NAME/registers.bpf.h does
//   kName                 "x86-64", for messages
//   kRegisterNames        by number, as profiles and plans have them
//   kStackPointer, kFramePointer
//   kArguments            registers of a call's arguments, in order; kVectorArguments: number of those for
//                         floating-point arguments
//   kResult               register of what a call returns
//   kCallerSaved          registers that a call leaves undefined
//   kCalleeSaved          registers that a call preserves, but for the stack pointer
//   kReturnAddressSize    bytes that a call pushes
//   kFramePointerAtEntry  what a prologue makes the frame pointer, from the stack pointer at the entry
//   kDwarfRegisters       registers by their numbers in DWARF
//   kElfMachine, kRelocationOfBase (the file's load address), kRelocationOfSymbol, kRelocationOfData and
//   kRelocationOfCall (slots for a symbol), kRelocationOfCopy
//   kThreadVariablesBelow whether a program's thread-local variables are below the thread pointer
//   kThreadBlocks         as FT_THREAD_BLOCKS of bpf/thread_pointer.bpf.h
//   thread_pointer_of()   of the thread with that pthread_self()
//   kHardwareWatches      a thread has; kWatchOfReads: kind of watch that reports reads
//   code_that_exits()     machine code that ends the process with a status
//
// arch/NAME/*.cpp (library arch), code:
//   arch/uprobe_marks.h      what the kernel writes where it places uprobes
//   arch/probed_functions.h  two functions for the self-test to probe
//
// arch/NAME/code/*.cpp (library elf), machine code:
//   code/instruction.h         decoding: flow, cost of a probe, registers written, the stack's moves
//   code/instruction_length.h  decoding of lengths alone, fast
//   code/operation.h           decoding of operands
//   code/direct_calls.h, code/text_search.h, code/comparisons.h   searches for instructions in a whole file
//   code/jump_table.h          how compilers make a switch
//   code/plt_stub.h            how a call reaches another file
//   code/tls_variable.h        how code reads a thread-local variable
//   elf/marker.h: marker_argument(), operands in the notes of static markers
//   sites/landing_sites.h: libunwind_landings()
//
// arch/NAME/dwarf/*.cpp (library dwarf):
//   dwarf/calling_convention.h  where a function's parameters are, from their types
//
// docs/adding-an-architecture.md says how to write them and what tests them.
#pragma once

#if defined(__x86_64__)
#include "arch/x86_64/architecture.h"
#else
#error "flowtap has no directory userspace/arch for this machine: see docs/adding-an-architecture.md"
#endif

namespace flowtap {

static_assert(arch::kArguments.size() >= 6, "planners look for arguments up to the sixth");
static_assert(arch::kRegisterNames.size() <= 32, "RegisterSet has a bit for each");

constexpr std::uint8_t number_of(Register one) { return static_cast<std::uint8_t>(one); }

}  // namespace flowtap

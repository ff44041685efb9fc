// SPDX-License-Identifier: Apache-2.0
// The C functions of an interpreter through which calls of bound methods pass.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "bpf/target.h"
#include "code/function_code.h"
#include "code/instruction.h"
#include "elf/elf_file.h"
#include "python/interpreter.h"

namespace flowtap {

// One of them, and how it takes its callee.
struct MethodFunction {
    const char* name = "";                          // for messages
    std::uint64_t address = 0;                      // as linked
    unsigned arguments = 0;                         // those that must be intact at its entry site
    Register object = Register::kRdi;               // with the bound method, or with self
    std::uint8_t method_function = FT_NO_REGISTER;  // register with the function, where object has self
    Register flags = Register::kRdx;                // with nargsf
};

// method_vectorcall, whose address PyMethod_New stores into each new object; on 3.14 also the function that
// profile-guided builds call in its stead, or only the one it jumps to. Errors: PyMethod_New is not exported,
// or differs from those known.
Result<std::vector<MethodFunction>> method_functions(const Interpreter& interpreter);

// An outlined copy of _PyObject_VectorcallTstate: static, so without a name in a stripped file, but it calls
// through the callee's vectorcall slot, as no other helper of its callers does.
bool is_outlined_vectorcall(const ElfFile& elf, const Instruction& call);

// Whether a call may go through a vectorcall slot: an indirect one, not through a type's tp_dealloc or
// tp_call, and not through a variable, as to allocators and hooks, which link-time optimisation inlines the
// calls of.
bool may_call_slot(const ElfFile& elf, const FunctionCode& code, const Instruction& call);

// Whether a call goes straight to code that evaluates a Python function: profile-guided builds compare what
// is in the slot with _PyFunction_Vectorcall, and where it is that, call it, or _PyEval_Vector behind it,
// directly.
bool evaluates_frame(const ElfFile& elf, const Instruction& call);

// Whether a call in such a function is one that runs the method: through the function's vectorcall slot, here
// or in an outlined copy, or to what a Python function has in that slot.
bool runs_method(const ElfFile& elf, const FunctionCode& code, const Instruction& call);

}  // namespace flowtap

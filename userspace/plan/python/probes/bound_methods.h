// SPDX-License-Identifier: Apache-2.0
// The C functions of an interpreter through which calls of bound methods pass.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "bpf/target.h"
#include "code/function/function_code.h"
#include "code/instruction.h"
#include "elf/elf_file.h"
#include "python/interpreter.h"

namespace flowtap {

// One of these functions, and how it receives the called object.
struct MethodFunction {
    const char* name = "";                  // for messages
    std::uint64_t address = 0;              // as linked
    unsigned arguments = 0;                 // number of arguments that must be intact at its entry site
    Register object = arch::kArguments[0];  // holds the bound method, or self
    std::optional<Register> method_function = {};  // holds the function, if `object` holds self
    Register flags = arch::kArguments[2];          // holds nargsf
};

// method_vectorcall, whose address PyMethod_New stores into each new object; on 3.14 also the function that
// profile-guided builds call in its place, or only the function it jumps to. Errors: PyMethod_New is not
// exported, or its code is unknown.
Result<std::vector<MethodFunction>> method_functions(const Interpreter& interpreter);

// Whether a call is to an outlined copy of _PyObject_VectorcallTstate. It is static, so it has no name in a
// stripped file, but unlike the other helpers of its callers it calls through the callee's vectorcall slot.
bool is_outlined_vectorcall(const ElfFile& elf, const Instruction& call);

// Whether a call may go through a vectorcall slot: an indirect call, not through a type's tp_dealloc or
// tp_call, and not through a variable (allocators and hooks, whose calls link-time optimisation inlines).
bool may_call_slot(const ElfFile& elf, const FunctionCode& code, const Instruction& call);

// Whether a call goes directly to code that evaluates a Python function: profile-guided builds compare the
// slot with _PyFunction_Vectorcall and, if it is equal, call it or _PyEval_Vector directly.
bool evaluates_frame(const ElfFile& elf, const Instruction& call);

// Whether a call in such a function runs the method: through the function's vectorcall slot, here or in an
// outlined copy, or directly to what Python functions have in that slot.
bool runs_method(const ElfFile& elf, const FunctionCode& code, const Instruction& call);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "code/code_source.h"
#include "code/function/function_code.h"

namespace flowtap {

// A word in what another word points to: (*(x + first)) + second, for some register x.
struct FieldOfField {
    int first = 0;
    int second = 0;
};

// Whether an indirect call, on every way to it, goes through a pointer from a fixed place (a variable, or
// a field of one: a hook or an allocator), from the word `field` bytes from some register (a slot of a type),
// or from `other`; also where the pointer was kept on the stack. Other calls, and those of which it cannot be
// told, may call anything.
bool calls_fixed_or_field(const CodeSource& source, const FunctionCode& function, const Instruction& call,
                          int field, FieldOfField other);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// The C functions of an interpreter at which Python executions can be seen, and the sites in them. None of
// these functions is exported, so each is found from something that is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// Steps of coroutines that C drives (tasks): every function that evaluates the frame of a generator,
// gen_send_ex2 and its inlined copies. Not PyGen_am_send: profile-guided builds never pass its entry (seen in
// Debian's python3.11).
Result<std::vector<PlannedProbe>> step_taps(const Interpreter& interpreter, const Memory& memory);

// The making of coroutines: inside _Py_MakeCoro, where the object is one, or after each call of it, or in the
// interpreter's loop, which it is inlined into; where generators pass too. Errors where none is found.
Result<std::vector<PlannedProbe>> birth_taps(const Interpreter& interpreter, const Memory& memory);

// The making of generators of every kind. A coroutine passes one place of these, too.
Result<std::vector<PlannedProbe>> all_birth_taps(const Interpreter& interpreter);

// Their completion, from 3.12 on however they were driven: the branch of _PyEval_FrameClearAndPop that clears
// a generator's frame, in every copy of it.
Result<std::vector<PlannedProbe>> completion_tap(const Interpreter& interpreter);

// Their end as objects: gen_dealloc, found through PyCoro_Type. As many as generators.
Result<std::vector<PlannedProbe>> death_tap(const Interpreter& interpreter, const Memory& memory);

// The destruction or closing of those that have not finished, which is rare: the way through _PyGen_Finalize
// that goes on after its look at the state, and the ways through close() that run nothing.
Result<std::vector<PlannedProbe>> abandonment_taps(const Interpreter& interpreter, const Memory& memory);

// Where a ContextVar is set and reset: PyContextVar_Set and PyContextVar_Reset, both exported, and the
// methods that they are inlined into. One hit each per set of any variable.
Result<std::vector<PlannedProbe>> variable_taps(const Interpreter& interpreter, const Memory& memory);

// Only where it is reset.
Result<std::vector<PlannedProbe>> variable_reset_taps(const Interpreter& interpreter, const Memory& memory);

// Where a ContextVar is set once the token of that exists, inside PyContextVar_Set; where it is reset; and
// where a context is destroyed.
Result<std::vector<PlannedProbe>> context_taps(const Interpreter& interpreter, const Memory& memory);

// Where calls of bound methods from C turn out to have raised: nothing passes these sites otherwise. In the
// functions that make such calls, or in _Py_CheckFunctionResult, which then also sees other callables raise.
Result<std::vector<PlannedProbe>> raise_taps(const Interpreter& interpreter);

// Where exceptions come to a frame: PyTraceBack_Here, exported, and the copies of it that are inlined into
// the interpreter's loop. One hit for each frame an exception passes.
Result<std::vector<PlannedProbe>> traceback_tap(const Interpreter& interpreter);

// Where a frame object that outlives its call takes over the frame, and with it, in 3.11, the code object
// that a returning frame lets go of otherwise. None in versions that let go of it all the same.
Result<std::vector<PlannedProbe>> kept_frame_taps(const Interpreter& interpreter);

// What else drives coroutines, apart from steps: their throw() and close(). What cannot be probed is left
// out: the running time of what it drives is then not known.
std::vector<PlannedProbe> drive_taps(const Interpreter& interpreter, const Memory& memory);

// Calls of bound methods from C: method_vectorcall, whose address PyMethod_New stores into each new object.
Result<std::vector<PlannedProbe>> call_taps(const Interpreter& interpreter);

// The same calls where they unpack a dictionary, as object.method(**named) does, or leave no room before
// their arguments: far fewer other calls pass there. Not sorted(key=object.method) and the like.
Result<std::vector<PlannedProbe>> unpacked_call_taps(const Interpreter& interpreter);

// Calls of instances: slot_tp_call, which a class with a __call__ of its own has in its tp_call slot.
Result<std::vector<PlannedProbe>> instance_taps(const Interpreter& interpreter, const Memory& memory,
                                                std::uint64_t type);

// Calls of a class that has a __new__ of its own, as namedtuples have: the function in its tp_new slot, which
// few other classes share. `name` is the class's in messages.
Result<std::vector<PlannedProbe>> class_call_taps(const Interpreter& interpreter, const Memory& memory,
                                                  std::uint64_t type, const std::string& name);

// Calls of one function written in C, by its run-time address.
Result<std::vector<PlannedProbe>> entry_taps(const Interpreter& interpreter, std::uint64_t function,
                                             const std::string& name);

}  // namespace flowtap

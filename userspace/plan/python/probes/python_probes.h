// SPDX-License-Identifier: Apache-2.0
// The probe sites in an interpreter's C functions at which Python executions can be observed. Functions that
// are not exported are found from ones that are.
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
Result<std::vector<PlannedProbe>> step_probes(const Interpreter& interpreter, const Memory& memory);

// The creation of coroutines: inside _Py_MakeCoro if the object exists there, or after each call of it, or in
// the interpreter's loop if it is inlined there; generators pass such a site, too. Errors if none is found.
Result<std::vector<PlannedProbe>> creation_probes(const Interpreter& interpreter, const Memory& memory);

// The creation of all kinds of generators. A coroutine passes one of these sites, too.
Result<std::vector<PlannedProbe>> all_creation_probes(const Interpreter& interpreter);

// The completion of generators and coroutines, from 3.12 on however they are driven: the branch of
// _PyEval_FrameClearAndPop that clears a generator's frame, in every copy of it.
Result<std::vector<PlannedProbe>> completion_probes(const Interpreter& interpreter);

// The destruction of their objects: gen_dealloc, found through PyCoro_Type. As frequent as generators.
Result<std::vector<PlannedProbe>> destruction_probes(const Interpreter& interpreter, const Memory& memory);

// The destruction or closing of those that have not finished, which is rare: the path through _PyGen_Finalize
// after its check of the state, and the paths through close() that run nothing.
Result<std::vector<PlannedProbe>> abandonment_probes(const Interpreter& interpreter, const Memory& memory);

// Setting and resetting a ContextVar: PyContextVar_Set and PyContextVar_Reset, both exported, and the methods
// that they are inlined into. One hit for each set or reset of any variable.
Result<std::vector<PlannedProbe>> variable_probes(const Interpreter& interpreter, const Memory& memory);

// Only resetting it.
Result<std::vector<PlannedProbe>> variable_reset_probes(const Interpreter& interpreter, const Memory& memory);

// Setting a ContextVar, inside PyContextVar_Set once the token exists; resetting it; and destroying a
// context.
Result<std::vector<PlannedProbe>> context_probes(const Interpreter& interpreter, const Memory& memory);

// Calls of bound methods from C that raise: nothing else passes these sites. They are in the functions that
// make such calls, or in _Py_CheckFunctionResult, where other callables that raise are seen, too.
Result<std::vector<PlannedProbe>> raise_probes(const Interpreter& interpreter);

// Exceptions that reach a frame: PyTraceBack_Here, exported, and the copies of it that are inlined into the
// interpreter's loop. One hit for each frame that an exception passes.
Result<std::vector<PlannedProbe>> traceback_probes(const Interpreter& interpreter);

// A frame object outlives its call and takes over the frame, and with it, in 3.11, the code object that a
// returning frame otherwise releases. Empty in versions that release it in any case.
Result<std::vector<PlannedProbe>> kept_frame_probes(const Interpreter& interpreter);

// Other ways to drive coroutines than steps: throw() and close(). Leaves out what cannot be probed: then the
// running time of what it drives is unknown.
std::vector<PlannedProbe> drive_probes(const Interpreter& interpreter, const Memory& memory);

// Calls of bound methods from C: method_vectorcall, whose address PyMethod_New stores into each new object.
Result<std::vector<PlannedProbe>> call_probes(const Interpreter& interpreter);

// The same calls, if they unpack a dictionary, as object.method(**named) does, or leave no room before their
// arguments: far fewer other calls pass these sites. Excludes sorted(key=object.method) and the like.
Result<std::vector<PlannedProbe>> unpacked_call_probes(const Interpreter& interpreter);

// Calls of instances: slot_tp_call, which a class with a __call__ of its own has in its tp_call slot.
Result<std::vector<PlannedProbe>> instance_probes(const Interpreter& interpreter, const Memory& memory,
                                                  std::uint64_t type);

// Calls of a class that has a __new__ of its own, as namedtuples have: the function in its tp_new slot, which
// few other classes share. `name` is the class's in messages.
Result<std::vector<PlannedProbe>> class_call_probes(const Interpreter& interpreter, const Memory& memory,
                                                    std::uint64_t type, const std::string& name);

// Calls of one function written in C, by its run-time address.
Result<std::vector<PlannedProbe>> entry_probes(const Interpreter& interpreter, std::uint64_t function,
                                               const std::string& name);

}  // namespace flowtap

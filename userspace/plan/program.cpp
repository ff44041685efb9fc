// SPDX-License-Identifier: Apache-2.0
#include "plan/program.h"

#include <array>
#include <cstddef>

namespace flowtap {
namespace {

// In the order of the enumeration.
constexpr auto kPrograms = std::to_array<ProgramInfo>({
    {Program::kNativeEntry, "native_entry", "a function is entered", true},
    {Program::kNativeExit, "native_exit", "a function returns", false},
    {Program::kKeyedEntry, "keyed_entry", "a function is entered that passes its execution's number", true},
    {Program::kKeyedExit, "keyed_exit", "a function returns that was passed its execution's number", false},
    {Program::kMarkerBegin, "marker_begin", "a marker, or the entry of a function that begins an execution",
     true},
    {Program::kMarkerEnd, "marker_end", "a marker, or the entry of a function that ends an execution", false},
    {Program::kMarkerDone, "marker_done", "a marker at an execution's end that passes its duration", false},
    {Program::kNativeReturn, "native_return", "a function returns, by a return probe of the kernel", false,
     ProgramInfo::Runs::kAtKernelReturnProbe},
    {Program::kNativeLanding, "native_landing", "an exception or longjmp leaves native frames", false},
    {Program::kPythonStepEntry, "python_step_entry", "C resumes a coroutine", true},
    {Program::kPythonStepExit, "python_step_exit", "a coroutine yields, returns or raises to C", false},
    {Program::kPythonCallEntry, "python_call_entry", "C calls a Python object", true},
    {Program::kPythonCallExit, "python_call_exit", "a call from C returns", false},
    {Program::kPythonCreated, "python_created", "a coroutine is created", true},
    {Program::kPythonCompletion, "python_completion", "a coroutine returns or raises", false},
    {Program::kPythonDestroyed, "python_destroyed", "a coroutine is destroyed", false},
    {Program::kPythonVariableSet, "python_variable_set", "a ContextVar is set", true},
    {Program::kPythonVariableReset, "python_variable_reset", "a ContextVar is reset", false},
    {Program::kPythonContextSet, "python_context_set", "a ContextVar whose values are executions is set",
     true},
    {Program::kPythonContextDestroyed, "python_context_destroyed", "a context is destroyed", false},
    {Program::kPythonMark, "python_mark", "a call that begins or ends an execution of its caller", true},
    {Program::kPythonRaised, "python_raised", "a call is found to have raised", false},
    {Program::kPythonDriveEntry, "python_drive_entry", "C throws into a coroutine or closes it", true},
    {Program::kPythonDriveExit, "python_drive_exit", "that throw or close returns", false},
    {Program::kPythonTraceback, "python_traceback", "an exception leaves a Python frame", false},
    {Program::kPythonFrameKept, "python_frame_kept", "a frame outlives its call", false},
    {Program::kPythonWatchBegin, "python_watch_begin", "a function's first instruction is read", false,
     ProgramInfo::Runs::kAtHardwareWatch},
    {Program::kPythonWatchEnd, "python_watch_end", "a function's code object is released", false,
     ProgramInfo::Runs::kAtHardwareWatch},
});

constexpr bool programs_are_in_order() {
    for (std::size_t i = 0; i < kPrograms.size(); ++i)
        if (static_cast<std::size_t>(kPrograms[i].program) != i) return false;
    return true;
}
static_assert(programs_are_in_order() &&
              kPrograms.size() == static_cast<std::size_t>(Program::kPythonWatchEnd) + 1);

}  // namespace

std::span<const ProgramInfo> programs() { return kPrograms; }

const ProgramInfo& info_of(Program program) { return kPrograms.at(static_cast<std::size_t>(program)); }

}  // namespace flowtap

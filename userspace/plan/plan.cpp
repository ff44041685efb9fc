// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <algorithm>

namespace flowtap {

const char* program_name(Program program) {
    switch (program) {
        case Program::kNativeEntry:
            return "native_entry";
        case Program::kNativeExit:
            return "native_exit";
        case Program::kKeyedEntry:
            return "keyed_entry";
        case Program::kKeyedExit:
            return "keyed_exit";
        case Program::kMarkerBegin:
            return "marker_begin";
        case Program::kMarkerEnd:
            return "marker_end";
        case Program::kMarkerDone:
            return "marker_done";
        case Program::kNativeReturn:
            return "native_return";
        case Program::kNativeLanding:
            return "native_landing";
        case Program::kPythonStepEntry:
            return "python_step_entry";
        case Program::kPythonStepExit:
            return "python_step_exit";
        case Program::kPythonCallEntry:
            return "python_call_entry";
        case Program::kPythonCallExit:
            return "python_call_exit";
        case Program::kPythonBirth:
            return "python_birth";
        case Program::kPythonCompletion:
            return "python_completion";
        case Program::kPythonDeath:
            return "python_death";
        case Program::kPythonVariableSet:
            return "python_variable_set";
        case Program::kPythonVariableReset:
            return "python_variable_reset";
        case Program::kPythonContextSet:
            return "python_context_set";
        case Program::kPythonContextDeath:
            return "python_context_death";
        case Program::kPythonMark:
            return "python_mark";
        case Program::kPythonRaised:
            return "python_raised";
        case Program::kPythonDriveEntry:
            return "python_drive_entry";
        case Program::kPythonDriveExit:
            return "python_drive_exit";
        case Program::kPythonTraceback:
            return "python_traceback";
        case Program::kPythonFrameKept:
            return "python_frame_kept";
        case Program::kPythonWatchBegin:
            return "python_watch_begin";
        case Program::kPythonWatchEnd:
            return "python_watch_end";
    }
    return "unknown";
}

bool Plan::observes_anything() const {
    return std::ranges::any_of(points, [](const PlannedPoint& point) { return point.observed; });
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// The BPF programs that probes run.
#pragma once

#include <cstdint>
#include <span>

namespace flowtap {

// One per program that a uprobe or a hardware watch can run; see bpf/native and bpf/python.
enum class Program : std::uint8_t {
    kNativeEntry,
    kNativeExit,
    kKeyedEntry,
    kKeyedExit,
    kMarkerBegin,
    kMarkerEnd,
    kMarkerDone,
    kNativeReturn,
    kNativeLanding,
    kPythonStepEntry,
    kPythonStepExit,
    kPythonCallEntry,
    kPythonCallExit,
    kPythonCreated,
    kPythonCompletion,
    kPythonDestroyed,
    kPythonVariableSet,
    kPythonVariableReset,
    kPythonContextSet,
    kPythonContextDestroyed,
    kPythonMark,
    kPythonRaised,
    kPythonDriveEntry,
    kPythonDriveExit,
    kPythonTraceback,
    kPythonFrameKept,
    kPythonWatchBegin,
    kPythonWatchEnd,
};

struct ProgramInfo {
    enum class Runs : std::uint8_t { kAtUprobe, kAtKernelReturnProbe, kAtHardwareWatch };
    Program program;
    const char* name;  // in the BPF object
    const char* sees;  // what happened when it runs, for people
    bool begins;       // it begins executions: attached after the probes that end them
    Runs runs = Runs::kAtUprobe;
};

// Every program, once.
std::span<const ProgramInfo> programs();
const ProgramInfo& info_of(Program program);
inline const char* program_name(Program program) { return info_of(program).name; }

}  // namespace flowtap

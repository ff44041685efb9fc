// SPDX-License-Identifier: Apache-2.0
#include "plan/point_mechanism.h"

#include <array>
#include <cstddef>

namespace flowtap {
namespace {

// The programs that each mechanism may use, including those of optional probes.
constexpr std::array kCoroutineLifetimesPrograms = {Program::kPythonCreated, Program::kPythonStepEntry,
                                                    Program::kPythonStepExit, Program::kPythonCompletion,
                                                    Program::kPythonDestroyed};
constexpr std::array kCoroutineStepsPrograms = {Program::kPythonCreated, Program::kPythonStepEntry,
                                                Program::kPythonStepExit, Program::kPythonDestroyed};
constexpr std::array kGeneratorLifetimesPrograms = {Program::kPythonCreated, Program::kPythonStepEntry,
                                                    Program::kPythonCompletion, Program::kPythonDestroyed};
constexpr std::array kMethodCallsPrograms = {Program::kPythonCallEntry, Program::kPythonCallExit};
constexpr std::array kContextVariablePrograms = {Program::kPythonVariableSet, Program::kPythonVariableReset,
                                                 Program::kPythonRaised};
constexpr std::array kContextValuesPrograms = {Program::kPythonContextSet, Program::kPythonVariableReset,
                                               Program::kPythonContextDestroyed};
constexpr std::array kMarkingCallsPrograms = {Program::kPythonMark};
constexpr std::array kInstanceCallsPrograms = {Program::kPythonCallEntry, Program::kPythonCallExit};
constexpr std::array kBytecodeWatchesPrograms = {Program::kPythonWatchBegin, Program::kPythonWatchEnd,
                                                 Program::kPythonTraceback, Program::kPythonFrameKept};
constexpr std::array kEntryAndReturnsPrograms = {Program::kNativeEntry, Program::kNativeExit,
                                                 Program::kNativeLanding};
constexpr std::array kKeyedEntryAndReturnsPrograms = {Program::kKeyedEntry, Program::kKeyedExit,
                                                      Program::kNativeLanding};
constexpr std::array kKernelReturnProbePrograms = {Program::kNativeEntry, Program::kNativeReturn,
                                                   Program::kNativeLanding};
constexpr std::array kBeginAndEndMarkersPrograms = {Program::kMarkerBegin, Program::kMarkerEnd};
constexpr std::array kDoneMarkerPrograms = {Program::kMarkerDone};
constexpr std::array kKeyedFunctionPairPrograms = {Program::kMarkerBegin, Program::kMarkerEnd};
constexpr std::array kFunctionPairPrograms = {Program::kMarkerBegin, Program::kMarkerEnd};

// In the order of the enumeration.
constexpr auto kMechanisms = std::to_array<MechanismInfo>({
    {PointMechanism::kCoroutineLifetimes, "coroutine creations, steps and completions",
     "coroutines, awaited or run by a task",
     "each coroutine's creation and completion, and each step of a task", kCoroutineLifetimesPrograms},
    {PointMechanism::kCoroutineSteps, "coroutine steps",
     "coroutines that C resumes: all before CPython 3.12, those of tasks since", "each step that C drives",
     kCoroutineStepsPrograms},
    {PointMechanism::kGeneratorLifetimes, "generator creations and completions",
     "generators, from where they are made until they are exhausted or closed",
     "each creation, completion and destruction of a generator or coroutine, and each step of a task",
     kGeneratorLifetimesPrograms},
    {PointMechanism::kMethodCalls, "bound-method calls from C",
     "calls of bound methods, made by functions written in C", "each call of any bound method",
     kMethodCallsPrograms},
    {PointMechanism::kContextVariable, "context variable",
     "functions that set a ContextVar when they begin and reset it when they end",
     "each set and reset of any ContextVar", kContextVariablePrograms},
    {PointMechanism::kContextValues, "a context variable's values",
     "values of a ContextVar, from their set to their reset or the end of their context",
     "each set and reset of any ContextVar, and the end of each context", kContextValuesPrograms},
    {PointMechanism::kMarkingCalls, "calls that its function makes",
     "what a function does between a call that begins an execution and one that ends it",
     "each call of the two classes or C functions that begin and end executions", kMarkingCallsPrograms},
    {PointMechanism::kInstanceCalls, "calls of instances", "calls of objects whose class defines __call__",
     "each call of such an object", kInstanceCallsPrograms},
    {PointMechanism::kBytecodeWatches, "hardware watches on its bytecode",
     "calls of one function, however it is called",
     "three to five hits of each call of the function, and each switch between watched threads",
     kBytecodeWatchesPrograms},
    {PointMechanism::kEntryAndReturns, "entry and returns", "calls of one native function",
     "one hit of the entry and one of a return", kEntryAndReturnsPrograms},
    {PointMechanism::kKeyedEntryAndReturns, "entry and returns, by key",
     "calls of one native function, known by a number among its arguments",
     "one hit of the entry and one of a return", kKeyedEntryAndReturnsPrograms},
    {PointMechanism::kKernelReturnProbe, "entry and kernel return probe", "calls of one native function",
     "one hit of the entry and one of the kernel's return probe", kKernelReturnProbePrograms},
    {PointMechanism::kBeginAndEndMarkers, "begin and end markers", "pairs of static markers",
     "one hit of each marker", kBeginAndEndMarkersPrograms},
    {PointMechanism::kDoneMarker, "a marker at the end that tells the duration", "static markers at ends",
     "one hit of the marker", kDoneMarkerPrograms},
    {PointMechanism::kKeyedFunctionPair, "entries of two functions, by key",
     "a function that begins executions and one that ends them, on any thread", "one hit of each entry",
     kKeyedFunctionPairPrograms},
    {PointMechanism::kFunctionPair, "entries of two functions, by thread",
     "a function that begins executions and one that ends them, on the same thread", "one hit of each entry",
     kFunctionPairPrograms},
});

constexpr bool mechanisms_are_in_order() {
    for (std::size_t i = 0; i < kMechanisms.size(); ++i)
        if (static_cast<std::size_t>(kMechanisms[i].mechanism) != i) return false;
    return true;
}
static_assert(mechanisms_are_in_order() &&
              kMechanisms.size() == static_cast<std::size_t>(PointMechanism::kFunctionPair) + 1);

}  // namespace

std::span<const MechanismInfo> mechanisms() { return kMechanisms; }

const MechanismInfo& info_of(PointMechanism mechanism) {
    return kMechanisms.at(static_cast<std::size_t>(mechanism));
}

}  // namespace flowtap

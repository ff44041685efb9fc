// SPDX-License-Identifier: Apache-2.0
// How executions of a point are observed.
#pragma once

#include <cstdint>
#include <span>

#include "plan/program.h"

namespace flowtap {

enum class PointMechanism : std::uint8_t {
    kCoroutineLifetimes,
    kCoroutineSteps,
    kGeneratorLifetimes,
    kMethodCalls,
    kContextVariable,
    kContextValues,
    kMarkingCalls,
    kInstanceCalls,
    kBytecodeWatches,
    kEntryAndReturns,
    kKeyedEntryAndReturns,
    kKernelReturnProbe,
    kBeginAndEndMarkers,
    kDoneMarker,
    kKeyedFunctionPair,
    kFunctionPair,
};

struct MechanismInfo {
    PointMechanism mechanism;
    const char* name;  // in plans, reports and the status
    const char* sees;  // what must happen for an execution to be counted
    const char* cost;  // in hits, and of which probes
    std::span<const Program> programs;
};

// Every mechanism, once.
std::span<const MechanismInfo> mechanisms();
const MechanismInfo& info_of(PointMechanism mechanism);
inline const char* mechanism_name(PointMechanism mechanism) { return info_of(mechanism).name; }

}  // namespace flowtap

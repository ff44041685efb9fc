// SPDX-License-Identifier: Apache-2.0
// How executions of a Python function are seen, by name: what a plan says to people.
#pragma once

namespace flowtap {

inline constexpr const char* kSteps = "coroutine steps, birth and death";
inline constexpr const char* kCalls = "bound-method calls";
inline constexpr const char* kVariable = "context variable";
inline constexpr const char* kInstances = "calls of instances";
inline constexpr const char* kWatches = "hardware watches on its bytecode";

}  // namespace flowtap

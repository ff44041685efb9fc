// SPDX-License-Identifier: Apache-2.0
// Turns sites in the interpreter's file into probes of a process.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"
#include "python/interpreter.h"
#include "sites/site.h"

namespace flowtap {

// Include/cpython/object.h: offsets of slots in PyTypeObject, and of am_send in PyAsyncMethods.
inline constexpr std::uint64_t kTypeDealloc = 48;
inline constexpr std::uint64_t kTypeAsAsync = 80;
inline constexpr std::uint64_t kTypeCall = 128;
inline constexpr std::uint64_t kTypeIterNext = 224;
inline constexpr std::uint64_t kTypeNew = 312;
inline constexpr std::uint64_t kTypeFinalize = 392;
inline constexpr std::uint64_t kTypeVectorcall = 400;
inline constexpr std::uint64_t kAsyncSend = 24;

Error site_error(const std::string& function, std::string cause);

PlannedProbe probe_at(const Interpreter& interpreter, const Site& site, std::string name,
                      SiteDetails details);

// A probe at the entry of a function (link-time address), where its first argument is still in its register.
// `what` is its name in messages.
Result<PlannedProbe> entry_probe(const Interpreter& interpreter, std::uint64_t function,
                                 const std::string& what, std::string name, SiteDetails details);

Result<std::vector<PlannedProbe>> exit_probes(const Interpreter& interpreter,
                                              const std::vector<CallReturn>& returns, const std::string& what,
                                              const std::string& name, ReturnToC::From from);

// Link-time address of the function in a type's slot, reached by following these offsets.
std::optional<std::uint64_t> type_slot(const Interpreter& interpreter, const Memory& memory, const char* type,
                                       std::initializer_list<std::uint64_t> offsets);

// Link-time address of the function that implements a method of a type.
std::optional<std::uint64_t> method_function(const Interpreter& interpreter, const Memory& memory,
                                             const char* type, const std::string& method);

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// A Python function, class or name that the probes of a plan recognise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/enum_set.h"
#include "plan/planned/path.h"
#include "python/objects/bytecode.h"

namespace flowtap {

// Every call that runs the code belongs to the point.
struct AnyCall {};

// Only calls on an object of this class do.
struct MethodCall {
    std::uint64_t base = 0;             // the object's class, or a base of it
    std::optional<std::uint64_t> name;  // address of the str by which its classes have the method
    bool named_so = false;  // the function's own name is the method's; a decorator may copy that name
};

// An execution is what lies between two calls that the code makes: their keys; 0: that call is not observed.
struct CallsBetween {
    std::uint64_t begins_at = 0;
    std::uint64_t ends_at = 0;
};

// What the probes do with the code.
enum class CodeRole : std::uint8_t {
    kWorkflow,         // an execution of this code is a workflow
    kNode,             // or a node
    kCaller,           // a frame of this code knows ids of the node below
    kCoroutine,        // a coroutine function; otherwise it is seen by calls from C
    kCarrier,          // a coroutine that takes a node to another thread
    kVariable,         // no code: a ContextVar that is set while a node runs
    kSetter,           // a node that is seen from where it sets such a variable until it resets it
    kWatched,          // a plain function that is seen in its bytecode, or between two calls that it makes
    kName,             // no code: the name of a method that classes may still get
    kShared,           // a decorator's code, which other functions run as well
    kPassing,          // a method that passes its execution on to another one of the same object
    kOnlyFromCallers,  // a node only where one of its callers is the nearest known function
    kMark,             // no code: a class whose call begins or ends executions
    kContext,          // no code: a ContextVar whose values are executions
    kGenerator,        // with kCoroutine: a generator, which runs for whatever iterates over it
    kLateIds,          // a node whose own ids are read at its end
};
using CodeRoles = EnumSet<CodeRole>;
inline constexpr CodeRoles kExecutionRoles{CodeRole::kWorkflow, CodeRole::kNode};

struct PlannedCode {
    std::uint64_t address = 0;  // as in struct ft_code_key
    std::string qualname;
    std::size_t point = 0;  // index into Plan::points
    CodeRoles roles = {};
    std::optional<int> object_slot;  // local that holds the node
    std::optional<int> token_slot;   // local that holds the context variable's token
    std::uint32_t interpreter = 0;   // number of the subinterpreter, if no other has it; 0: none
    std::optional<PlannedPath> workflow_id;
    std::optional<PlannedPath> workflow_name;
    std::optional<PlannedPath> node_id;
    std::optional<PlannedPath> node_type;
    std::variant<AnyCall, MethodCall, CallsBetween> calls = AnyCall{};
    std::optional<std::uint64_t> only_function;     // the function object that alone is meant
    std::optional<std::uint64_t> qualname_address;  // of code: its co_qualname, as in struct ft_code
    std::optional<std::uint64_t> function_object;   // the function object with this code, if known
    // A coroutine function whose call makes executions of these points fail: indices into Plan::points.
    std::vector<std::size_t> fails = {};
    std::optional<RunMark> run_mark = {};  // of a workflow's or node's function: shows whether it ever ran
};

}  // namespace flowtap

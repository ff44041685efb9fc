// SPDX-License-Identifier: Apache-2.0
// A Python function, class or name that the probes of a plan recognise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "plan/planned/path.h"
#include "python/bytecode.h"

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

struct PlannedCode {
    std::uint64_t address = 0;  // as in struct ft_code_key
    std::string qualname;
    std::size_t point = 0;           // index into Plan::points
    std::uint16_t roles = 0;         // enum ft_code_role, or'ed
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
    std::optional<RunMark> run_mark = {};  // of a workflow's or node's function: shows whether it ever ran
};

}  // namespace flowtap

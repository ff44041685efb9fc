// SPDX-License-Identifier: Apache-2.0
// A Python function, class or name that the probes of a plan recognise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "plan/planned_path.h"
#include "python/bytecode.h"

namespace flowtap {

struct PlannedCode {
    std::uint64_t address = 0;  // as in struct ft_code_key
    std::string qualname;
    std::size_t point = 0;          // index into Plan::points
    std::uint16_t roles = 0;        // enum ft_code_role, or'ed
    int object_slot = -1;           // local that holds the node
    int token_slot = -1;            // local that holds the context variable's token
    std::uint32_t interpreter = 0;  // number of the subinterpreter, if no other has it; 0: none
    PlannedPath workflow_id;
    PlannedPath workflow_name;
    PlannedPath node_id;
    PlannedPath node_type;
    // As in struct ft_code.
    std::uint64_t base = 0;
    std::uint64_t method = 0;
    std::uint64_t begins_at = 0;  // in place of base and method, with call: between
    std::uint64_t ends_at = 0;
    std::uint64_t function = 0;
    std::uint64_t qualname_address = 0;
    std::uint64_t function_object = 0;  // the function object with this code; 0: unknown
    bool named_so = false;  // the function's own name is the method's; a decorator may copy that name
    std::optional<RunMark> run_mark = {};  // of a workflow's or node's function: shows whether it ever ran
};

}  // namespace flowtap

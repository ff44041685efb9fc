// SPDX-License-Identifier: Apache-2.0
// Profiles the tests start from, and how they look at what the loader says of them.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "profile/profile_loader.h"

namespace flowtap {

inline constexpr std::string_view kPython = R"(profile: engine
runtime: cpython
modules: [engine.runtime, engine]
points:
  - name: run
    kind: workflow
    function: engine.runtime:Runtime._run
    call: coroutine
    workflow_id: workflow.workflow_id
    workflow_name: workflow.name
  - name: node
    kind: node
    function: engine.nodes:Node.execute
    call: method
    overrides: true
    node_type: self
    node_id: self._node_id
    callers:
      - function: engine.runtime:Runtime._run_node.<locals>.step
        workflow_id: workflow
        node_id: a.b.c.d
)";

inline constexpr std::string_view kVariable = R"(profile: engine
runtime: cpython
modules: [engine]
points:
  - name: job
    kind: node
    call: variable
    variable: engine.job:CURRENT
    workflow_id: value.origin
    node_id: value
)";

inline constexpr std::string_view kNative = R"(profile: native-engine
runtime: native
binaries: [my-engine, libengine.so.1]
points:
  - name: workflow
    kind: workflow
    function: engine::Workflow::run
    workflow_id: arg5 uint64
  - name: node
    kind: node
    function: engine_run_node
    workflow_id: arg0 cstring
    node_id: arg1   int32
    exit: uretprobe
    failed_when: nonzero
)";

// `text` with the first occurrence of `from` replaced; unchanged if there is none.
inline std::string with(std::string_view text, std::string_view from, std::string_view to) {
    std::string result(text);
    const auto at = result.find(from);
    if (at != std::string::npos) result.replace(at, from.size(), to);
    return result;
}

inline std::vector<std::string> messages(const LoadedProfile& loaded) {
    std::vector<std::string> lines;
    if (const auto* errors = std::get_if<ProfileErrors>(&loaded)) {
        for (const auto& error : errors->errors) lines.push_back(error.message());
    }
    return lines;
}

inline std::vector<std::string> messages_of(std::string_view text) {
    return messages(parse_profile(text, "p.yaml"));
}

}  // namespace flowtap

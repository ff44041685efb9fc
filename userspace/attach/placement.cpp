// SPDX-License-Identifier: Apache-2.0
#include "attach/placement.h"

#include <cstddef>
#include <optional>
#include <string>

namespace flowtap {
namespace {

Error ended(const Plan& plan) {
    return {"attach to process", std::to_string(plan.pid),
            "it ended, executed another program, or unloaded a library meanwhile", "",
            Error::Kind::kNoTarget};
}

Error elsewhere(const Plan& plan, const PlannedProbe& probe) {
    return {"attach uprobe " + probe.name + " in process", std::to_string(plan.pid),
            "its path leads to another file than the one it runs: the file was changed on an overlay file "
            "system after the process started",
            "restart the process"};
}

}  // namespace

// A placed probe is a breakpoint or, if the kernel optimised a nop, a call: never the file's own byte.
Result<void> check_placed(const Plan& plan, const Memory& memory) {
    for (const PlannedProbe& probe : plan.probes) {
        const auto present = memory.read<std::byte>(probe.address);
        if (!present) return ended(plan);
        if (present == probe.code.first()) return elsewhere(plan, probe);
    }
    return {};
}

}  // namespace flowtap

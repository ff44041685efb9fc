// SPDX-License-Identifier: Apache-2.0
#include "attach/code_check.h"

#include <array>
#include <span>
#include <string>

#include "arch/uprobe_marks.h"

namespace flowtap {
namespace {

Error no_probe(const Plan& plan, const PlannedProbe& probe, std::string cause, std::string remedy,
               Error::Kind kind = Error::Kind::kFailed) {
    return {"attach uprobe " + probe.name + " in process", std::to_string(plan.pid), std::move(cause),
            std::move(remedy), kind};
}

Result<void> check_probe(const Plan& plan, const PlannedProbe& probe, const Memory& memory) {
    const AnalysedCode& code = probe.code;
    if (!code.first()) return no_probe(plan, probe, "its instruction could not be read in " + probe.file, "");
    std::array<std::byte, sizeof(code.bytes)> present;
    const std::span<std::byte> window = std::span(present).first(code.size);
    if (!memory.read(probe.address - code.before, window)) {
        return no_probe(plan, probe,
                        "its memory cannot be read there: it ended, or unloaded what was mapped there", "",
                        Error::Kind::kNoTarget);
    }
    if (same_but_for_uprobes(code.known(), window)) return {};
    return no_probe(plan, probe,
                    "its code there differs from the analysed file, which was replaced, or overwritten while "
                    "it was mapped",
                    "restart the process if this does not go away");
}

}  // namespace

Result<void> check_code(const Plan& plan, const Memory& memory) {
    for (const PlannedProbe& probe : plan.probes)
        if (Result<void> same = check_probe(plan, probe, memory); !same) return same;
    return {};
}

}  // namespace flowtap

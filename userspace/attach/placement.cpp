// SPDX-License-Identifier: Apache-2.0
#include "attach/placement.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>

#include "base/fd.h"

namespace flowtap {
namespace {

Error ended(const Plan& plan) {
    return {"attach to process", std::to_string(plan.pid), "it ended or became another program", "",
            Error::Kind::kNoTarget};
}

Error elsewhere(const Plan& plan, const PlannedProbe& probe) {
    return {"attach uprobe " + probe.name + " in process", std::to_string(plan.pid),
            "its path leads to another file than the one it runs: the file was changed on an overlay since",
            "restart the process"};
}

// The files that probes are in, each opened once.
class ProbedFiles {
public:
    // The instruction's first byte; nullopt where the file cannot be read.
    std::optional<std::uint8_t> byte_of(const PlannedProbe& probe) {
        const auto [found, is_new] = files_.try_emplace(probe.file);
        if (is_new) found->second = Fd(::open(probe.file.c_str(), O_RDONLY | O_CLOEXEC));
        std::uint8_t byte = 0;
        const auto offset = static_cast<off_t>(probe.file_offset);
        if (!found->second || ::pread(found->second.get(), &byte, 1, offset) != 1) return std::nullopt;
        return byte;
    }

private:
    std::map<std::string, Fd> files_;
};

}  // namespace

// What the kernel leaves there is an int3, or, where it could optimise a nop, a call: never the file's byte.
Result<void> check_placed(const Plan& plan, const Memory& memory) {
    if (plan.probes.empty()) return {};
    if (!memory.read<std::uint8_t>(plan.probes.front().address)) return ended(plan);
    ProbedFiles files;
    for (const PlannedProbe& probe : plan.probes) {
        const auto present = memory.read<std::uint8_t>(probe.address);
        if (present && present == files.byte_of(probe)) return elsewhere(plan, probe);
    }
    return {};
}

}  // namespace flowtap

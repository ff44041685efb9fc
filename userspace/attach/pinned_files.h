// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "attach/kernel/kernel.h"
#include "base/fd.h"
#include "base/result.h"
#include "plan/plan.h"

namespace flowtap {

// The files that probes are attached to, each opened once and kept open as long as this exists. A path may
// lead to another file than the one that was analysed; a descriptor that was compared with it cannot.
class PinnedFiles {
public:
    enum class Must : std::uint8_t {
        kBeTheVersion,  // that was analysed
        kBeTheFile,     // which may have been written to, linked or unlinked since
    };

    PinnedFiles(Kernel& kernel, pid_t pid, Must must) : kernel_(kernel), pid_(pid), must_(must) {}

    // A path that leads to the very file that was analysed for the probe. Errors: the file cannot be opened;
    // it is another one.
    Result<std::string> path_of(const PlannedProbe& probe);

private:
    [[nodiscard]] bool is_the_one(const Fd& file, const PlannedProbe& probe) const;

    Kernel& kernel_;
    pid_t pid_;
    Must must_;
    std::map<std::pair<FileIdentity, std::string>, Fd> files_;  // by identity and path
};

}  // namespace flowtap

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

// The files that probes are attached to, each opened once and kept open by this object. A path may lead to
// another file than the analysed one; a descriptor that was compared with it cannot.
class PinnedFiles {
public:
    enum class Must : std::uint8_t {
        kBeTheVersion,  // the analysed version of the file
        kBeTheFile,     // the analysed file, which may have been written to, linked or unlinked since
    };

    PinnedFiles(Kernel& kernel, pid_t pid, Must must) : kernel_(kernel), pid_(pid), must_(must) {}

    // A path to the analysed file of the probe. Errors: the file cannot be opened, or is another one.
    Result<std::string> path_of(const PlannedProbe& probe);

private:
    [[nodiscard]] bool is_the_one(const Fd& file, const PlannedProbe& probe) const;

    Kernel& kernel_;
    pid_t pid_;
    Must must_;
    std::map<std::pair<FileIdentity, std::string>, Fd> files_;  // by identity and path
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "attach/attach_error.h"

#include <cerrno>

#include "base/open_files.h"
#include "privilege/capability.h"

namespace flowtap {

Error attach_error(const PlannedProbe& probe, pid_t pid, int error) {
    Error result = errno_error("attach uprobe " + probe.name + " in process", std::to_string(pid), error);
    if (error == EPERM || error == EACCES) {
        result.kind = Error::Kind::kEnvironment;
        result.remedy = remedy_for_lack_of({kCapBpf, kCapPerfmon, kCapCheckpointRestore});
    } else if (error == EMFILE || error == ENFILE) {
        result.remedy = kRaiseOpenFiles;
    } else if (error == ESRCH || error == ENOENT) {
        result.kind = Error::Kind::kNoTarget;
        result.cause = "the process ended meanwhile";
    }
    return result;
}

// Privileges that were dropped at start come back only with a restart.
Error perf_error(const PlannedProbe& probe, pid_t pid, int error) {
    Error result = attach_error(probe, pid, error);
    if (result.kind == Error::Kind::kEnvironment && !holds(kCapSysAdmin)) {
        result.remedy =
            "this kernel, or `exit: uretprobe`, needs perf's uprobes, which require CAP_SYS_ADMIN: give it "
            "to "
            "flowtap, or run it as root, and restart it with the profile in use";
    }
    return result;
}

}  // namespace flowtap

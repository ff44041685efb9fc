// SPDX-License-Identifier: Apache-2.0
#include "attach/pinned_files.h"

#include <sys/stat.h>

#include <utility>

#include "attach/attach_error.h"

namespace flowtap {
namespace {

Error another_file(const PlannedProbe& probe, pid_t pid) {
    return {"attach uprobe " + probe.name + " in process", std::to_string(pid),
            "its file " + probe.file + " is not the analysed version: it was changed or replaced meanwhile",
            "flowtap analyses it again at the next attempt"};
}

}  // namespace

bool PinnedFiles::is_the_one(const Fd& file, const PlannedProbe& probe) const {
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0) return false;
    const FileIdentity found = FileIdentity::of(status);
    const FileIdentity& wanted = probe.code.file;
    if (must_ == Must::kBeTheVersion) return found == wanted;
    return found.device == wanted.device && found.inode == wanted.inode;
}

Result<std::string> PinnedFiles::path_of(const PlannedProbe& probe) {
    auto known = files_.find({probe.code.file, probe.file});
    if (known == files_.end()) {
        Fd file;
        if (const int error = kernel_.open(probe.file, file)) return attach_error(probe, pid_, error);
        if (!is_the_one(file, probe)) return another_file(probe, pid_);
        known = files_.try_emplace({probe.code.file, probe.file}, std::move(file)).first;
    }
    return "/proc/self/fd/" + std::to_string(known->second.get());
}

}  // namespace flowtap

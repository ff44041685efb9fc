// SPDX-License-Identifier: Apache-2.0
#include "process/file_in_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

namespace flowtap {

namespace {

Fd open_in(const Fd& root, const std::string& path) {
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // whatever it is, opening it must not wait
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return Fd(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof(how))));
}

}  // namespace

std::string read_file_in_root(pid_t pid, const std::string& path, std::size_t max,
                              const std::string& proc_root) {
    const std::string root_path = proc_root + "/" + std::to_string(pid) + "/root";
    const Fd root(::open(root_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return {};
    const Fd file = open_in(root, path);
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    std::string text(max, '\0');
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

}  // namespace flowtap

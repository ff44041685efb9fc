// SPDX-License-Identifier: Apache-2.0
#include "process/file_in_root.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

#include "base/fd.h"

namespace flowtap {

namespace {

Fd open_root(pid_t pid, const std::string& proc_root) {
    const std::string path = proc_root + "/" + std::to_string(pid) + "/root";
    return Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Fd open_in(const Fd& root, const std::string& path) {
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // whatever it is, opening it must not wait
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return Fd(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof(how))));
}

}  // namespace

std::string read_file_in_root(pid_t pid, const std::string& path, std::size_t max,
                              const std::string& proc_root) {
    const Fd root = open_root(pid, proc_root);
    if (!root) return {};
    const Fd file = open_in(root, path);
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    std::string text(max, '\0');
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

std::vector<std::string> names_in_root(pid_t pid, const std::string& path, std::size_t max,
                                       const std::string& proc_root) {
    const Fd root = open_root(pid, proc_root);
    Fd file = root ? open_in(root, path) : Fd();
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISDIR(status.st_mode)) return {};
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(file.get()), ::closedir);
    if (!directory) return {};
    (void)file.release();  // the directory's now
    std::vector<std::string> names;
    while (const dirent* entry = names.size() < max ? ::readdir(directory.get()) : nullptr)
        names.emplace_back(entry->d_name);
    return names;
}

}  // namespace flowtap

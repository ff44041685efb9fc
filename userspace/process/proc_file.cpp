// SPDX-License-Identifier: Apache-2.0
#include "process/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/fd.h"

namespace flowtap {

ProcFile read_proc_file(const std::string& path, std::size_t max) {
    ProcFile file;
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return {{}, errno};
    std::array<char, 16384> chunk;
    for (;;) {
        const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return {{}, errno};
        if (got == 0) return file;
        file.text.append(chunk.data(), static_cast<std::size_t>(got));
        if (file.text.size() > max) return {{}, EFBIG};
    }
}

}  // namespace flowtap

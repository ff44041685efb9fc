// SPDX-License-Identifier: Apache-2.0
#include "process/remote_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "privilege/capability.h"

namespace flowtap {

namespace {

Error open_error(pid_t pid, int error) {
    Error result = errno_error("read memory of process", std::to_string(pid), error);
    if (error == ENOENT || error == ESRCH) {
        result.cause = "no such process";
        result.kind = Error::Kind::kNoTarget;
    } else if (error == EACCES || error == EPERM) {
        result.remedy = remedy_for_lack_of({kCapSysPtrace, kCapDacReadSearch});
        result.kind = Error::Kind::kEnvironment;
    }
    return result;
}

}  // namespace

Result<RemoteMemory> RemoteMemory::open(pid_t pid, const std::string& proc_root) {
    const std::string path = proc_root + "/" + std::to_string(pid) + "/mem";
    Fd memory(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!memory) return open_error(pid, errno);
    return RemoteMemory(std::move(memory));
}

bool RemoteMemory::copy(std::uint64_t address, std::span<std::byte> out) const {
    constexpr std::uint64_t kMaxOffset = std::numeric_limits<off_t>::max();
    if (address > kMaxOffset || out.size() > kMaxOffset - address) return false;
    while (!out.empty()) {
        const ssize_t got = ::pread(memory_.get(), out.data(), out.size(), static_cast<off_t>(address));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        address += static_cast<std::uint64_t>(got);
        out = out.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

}  // namespace flowtap

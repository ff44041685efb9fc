// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"
#include "process/memory.h"

namespace flowtap {

// Memory of a live process through /proc/PID/mem. The descriptor stays bound to the address space it was
// opened on, so after an exec or the reuse of the PID every read fails instead of showing another program.
class RemoteMemory final : public Memory {
public:
    // Errors: kNoTarget (no such process), kEnvironment (not allowed; needs ptrace rights over it).
    static Result<RemoteMemory> open(pid_t pid, const std::string& proc_root = "/proc");

private:
    explicit RemoteMemory(Fd memory) : memory_(std::move(memory)) {}
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override;

    Fd memory_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "process/memory.h"

namespace flowtap {

// What one look through a process may take. What it holds is the process's to say, and so would be the time.
struct MemoryLimits {
    std::uint64_t reads = 1'000'000;
    std::uint64_t bytes = 256u << 20;
    std::uint64_t cpu_ns = 1'000'000'000;  // of this thread
};

// CPU time of the calling thread.
std::uint64_t thread_cpu_ns();

// Another memory, up to these limits: beyond them every read fails, and it says which one it was.
class MeteredMemory final : public Memory {
public:
    using CpuClock = std::function<std::uint64_t()>;

    // The clock may leave out work that is not for this process.
    explicit MeteredMemory(const Memory& memory, const MemoryLimits& limits = {},
                           CpuClock clock = thread_cpu_ns);

    // "more than 1000000 reads"; empty: none was reached.
    [[nodiscard]] const std::string& exceeded() const { return exceeded_; }

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override;
    [[nodiscard]] bool within_limits(std::size_t bytes) const;

    const Memory& memory_;
    const MemoryLimits limits_;
    const CpuClock clock_;
    const std::uint64_t began_ns_;
    mutable std::uint64_t reads_ = 0;
    mutable std::uint64_t bytes_ = 0;
    mutable std::string exceeded_;
};

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#include "process/metered_memory.h"

#include <time.h>

#include <utility>

namespace flowtap {
namespace {

constexpr std::uint64_t kReadsPerLook = 256;  // at the clock

}  // namespace

std::uint64_t thread_cpu_ns() {
    timespec time = {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

MeteredMemory::MeteredMemory(const Memory& memory, const MemoryLimits& limits, CpuClock clock)
    : memory_(memory), limits_(limits), clock_(std::move(clock)), began_ns_(clock_()) {}

bool MeteredMemory::within_limits(std::size_t bytes) const {
    if (!exceeded_.empty()) return false;
    bytes_ += bytes;
    if (++reads_ > limits_.reads) exceeded_ = "more than " + std::to_string(limits_.reads) + " reads";
    if (bytes_ > limits_.bytes) exceeded_ = "more than " + std::to_string(limits_.bytes >> 20) + " MiB";
    if (reads_ % kReadsPerLook == 0 && clock_() - began_ns_ > limits_.cpu_ns)
        exceeded_ = "more than " + std::to_string(limits_.cpu_ns / 1'000'000) + " ms of CPU time";
    return exceeded_.empty();
}

bool MeteredMemory::copy(std::uint64_t address, std::span<std::byte> out) const {
    return within_limits(out.size()) && memory_.read(address, out);
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
// The BPF readers, compiled for this machine: what they read comes from the memory in use.
#pragma once

#include <linux/types.h>

#include <cstdint>

#include "process/memory.h"

#define FT_NATIVE
extern "C" {
#include "bpf/python/awaits.bpf.h"
#include "bpf/python/paths.bpf.h"
}

namespace flowtap {

// What the readers take for the thread pointer.
void set_thread_pointer(std::uint64_t address);

// While it lives the readers see this memory.
class MemoryInUse {
public:
    explicit MemoryInUse(const Memory& memory);
    ~MemoryInUse();
    MemoryInUse(const MemoryInUse&) = delete;
    MemoryInUse& operator=(const MemoryInUse&) = delete;
};

}  // namespace flowtap

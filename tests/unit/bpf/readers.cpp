// SPDX-License-Identifier: Apache-2.0
#include "readers.h"

#include <cerrno>
#include <cstring>
#include <span>

namespace {

const flowtap::Memory* memory_in_use = nullptr;
std::uint64_t thread_pointer = 0;

}  // namespace

namespace flowtap {

MemoryInUse::MemoryInUse(const Memory& memory) { memory_in_use = &memory; }
MemoryInUse::~MemoryInUse() { memory_in_use = nullptr; }

void set_thread_pointer(std::uint64_t address) { thread_pointer = address; }

}  // namespace flowtap

extern "C" __u64 ft_native_thread_pointer() { return thread_pointer; }

// kernel/trace/bpf_trace.c: bpf_probe_read_user() clears what it could not read; nothing is read for size 0.
extern "C" long ft_native_read(void* to, __u32 size, __u64 from) {
    const std::span out(static_cast<std::byte*>(to), size);
    if (size == 0 || memory_in_use->read(from, out)) return 0;
    std::memset(to, 0, size);
    return -EFAULT;
}

// mm/maccess.c, strncpy_from_user_nofault(): the length with the NUL; a string that does not fit is cut, and
// looked at no further than its size-th byte.
extern "C" long ft_native_read_string(void* to, __u32 size, __u64 from) {
    auto* const text = static_cast<char*>(to);
    for (__u32 i = 0; i < size; i++) {
        const auto byte = memory_in_use->read<char>(from + i);
        if (!byte) return -EFAULT;
        text[i] = *byte;
        if (*byte == '\0') return i + 1;
    }
    text[size - 1] = '\0';
    return size;
}

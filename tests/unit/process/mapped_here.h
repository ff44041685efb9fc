// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/fd.h"
#include "process/proc_file.h"
#include "process/proc_maps.h"

namespace flowtap {

// What the kernel says of a process that has mapped the file: found out by mapping it here.
inline Mapping mapped_here(const std::string& file) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    void* own = ::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    EXPECT_NE(own, MAP_FAILED) << file;
    const auto all = parse_file_mappings(read_proc_file("/proc/self/maps", 64 << 20).text);
    const auto found = std::ranges::find(all, reinterpret_cast<std::uint64_t>(own), &Mapping::start);
    Mapping mapping = found == all.end() ? Mapping{} : *found;
    EXPECT_NE(mapping.inode, 0U) << file;
    ::munmap(own, 1);
    return mapping;
}

}  // namespace flowtap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace flowtap::system_test {

// What a process holds in the kernel's BPF, seen from outside, by its open descriptors.
struct KernelHoldings {
    std::map<std::string, std::size_t> entries;  // of its hash tables, by name
    std::size_t links = 0;
    std::multiset<std::string> descriptors;  // all: what they are of
};

// Throws where the process cannot be looked into.
KernelHoldings kernel_holdings(pid_t pid);

}  // namespace flowtap::system_test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace flowtap::system_test {

// Where flowtap would put probes in this process, as `flowtap plan --json` says. Throws where it plans none.
std::set<std::uint64_t> planned_addresses(pid_t pid, const std::vector<std::string>& options = {});

// The first byte of the instruction at each address, from the process's memory. Throws where one cannot be
// read.
using CodeBytes = std::map<std::uint64_t, std::uint8_t>;
CodeBytes code_bytes(pid_t pid, const std::set<std::uint64_t>& addresses);

// What a uprobe leaves in place of an instruction's first byte: int3.
CodeBytes breakpoints_at(const std::set<std::uint64_t>& addresses);

}  // namespace flowtap::system_test

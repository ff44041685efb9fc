// SPDX-License-Identifier: Apache-2.0
#include "resource_limits.h"

#include <unistd.h>

namespace flowtap::system_test {
namespace {

// Of this test alone.
std::string own(const std::string& name) { return name + "-" + std::to_string(::getpid()); }

}  // namespace

ProcessesLimit::ProcessesLimit(const std::string& name) : group_(Controller::kPids, own(name)) {}

void ProcessesLimit::set(int most) const { group_.write({"pids.max"}, most); }

int ProcessesLimit::current() const { return static_cast<int>(group_.read({"pids.current"})); }

std::string ProcessesLimit::missing() { return ControlGroup::missing(Controller::kPids); }

MemoryLimit::MemoryLimit(const std::string& name) : group_(Controller::kMemory, own(name)) {}

void MemoryLimit::set(std::int64_t bytes) const {
    group_.write({"memory.max", "memory.limit_in_bytes"}, bytes);
}

std::int64_t MemoryLimit::current() const { return group_.read({"memory.current", "memory.usage_in_bytes"}); }

std::string MemoryLimit::missing() { return ControlGroup::missing(Controller::kMemory); }

}  // namespace flowtap::system_test

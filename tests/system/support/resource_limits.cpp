// SPDX-License-Identifier: Apache-2.0
#include "resource_limits.h"

namespace flowtap::system_test {

ProcessesLimit::ProcessesLimit(const std::string& name) : group_("pids", name) {}

void ProcessesLimit::set(int most) const { group_.write({"pids.max"}, most); }

int ProcessesLimit::current() const { return static_cast<int>(group_.read({"pids.current"})); }

std::string ProcessesLimit::missing() { return ControlGroup::missing("pids"); }

MemoryLimit::MemoryLimit(const std::string& name) : group_("memory", name) {}

void MemoryLimit::set(std::int64_t bytes) const {
    group_.write({"memory.max", "memory.limit_in_bytes"}, bytes);
}

std::int64_t MemoryLimit::current() const { return group_.read({"memory.current", "memory.usage_in_bytes"}); }

std::string MemoryLimit::missing() { return ControlGroup::missing("memory"); }

}  // namespace flowtap::system_test

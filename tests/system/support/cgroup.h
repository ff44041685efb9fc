// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace flowtap::system_test {

// A control group (of version 2) of this machine, removed with the object, when the processes in it are gone.
class Cgroup {
public:
    // Throws where it cannot be made.
    explicit Cgroup(const std::string& path);
    ~Cgroup();
    Cgroup(Cgroup&&) = delete;

    // Throws where the process cannot be moved.
    void take(pid_t pid) const;

    // What this machine lacks; empty where nothing.
    static std::string missing();

private:
    std::vector<std::string> made_;  // the outer first
};

}  // namespace flowtap::system_test

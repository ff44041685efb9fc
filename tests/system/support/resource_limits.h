// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control_group.h"

namespace flowtap::system_test {

// Limits how many processes and threads are in a control group.
class ProcessesLimit {
public:
    // Throws where it cannot be made.
    explicit ProcessesLimit(const std::string& name);

    void set(int most) const;
    [[nodiscard]] int current() const;
    [[nodiscard]] std::vector<std::string> launcher() const { return group_.launcher(); }

    // What this machine lacks; empty where nothing.
    static std::string missing();

private:
    ControlGroup group_;
};

// Limits the memory of the processes in a control group, their BPF tables included (from Linux 5.11 on).
class MemoryLimit {
public:
    explicit MemoryLimit(const std::string& name);

    void set(std::int64_t bytes) const;
    [[nodiscard]] std::int64_t current() const;
    [[nodiscard]] std::vector<std::string> launcher() const { return group_.launcher(); }

    static std::string missing();

private:
    ControlGroup group_;
};

}  // namespace flowtap::system_test

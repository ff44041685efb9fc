// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "child.h"
#include "ledger.h"

namespace flowtap::system_test {

// Namespaces for a test program, as a container engine would make them, by unshare(1).
struct Room {
    std::vector<std::string> namespaces;  // options of unshare
    std::string furnish = "true";         // shell commands that run in them first, as root
};

// A target that speaks the protocol of tests/engine/workload.py from within a room; ready once constructed.
// Throws where the room cannot be made.
class Contained {
public:
    Contained(const Room& room, const std::vector<std::string>& command);

    // Its PID as this process and flowtap see it; the program itself may see another.
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::string pid_text() const { return std::to_string(pid_); }
    // The PID that the program reported.
    [[nodiscard]] pid_t own_pid() const { return own_pid_; }
    Child& child() { return child_; }
    // Cumulative since the start.
    Ledger run_round();
    // Its exit status.
    std::optional<int> leave();

private:
    Child child_;
    pid_t own_pid_;
    pid_t pid_;
};

// What this machine lacks for rooms of these namespaces; empty when nothing.
std::string missing_for(const Room& room);

}  // namespace flowtap::system_test

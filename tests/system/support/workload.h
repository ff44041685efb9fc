// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "child.h"
#include "ledger.h"

namespace flowtap::system_test {

// A target that speaks the protocol of tests/engine/workload.py; ready once constructed.
class Workload {
public:
    using Options = std::vector<std::string>;

    explicit Workload(const std::vector<std::string>& command, User user = User::kSame);

    [[nodiscard]] pid_t pid() const { return child_.pid(); }
    // For options of flowtap.
    [[nodiscard]] std::string pid_text() const { return std::to_string(pid()); }
    Child& child() { return child_; }

    void start_round() { child_.send_line("go"); }
    // Cumulative since the start or the last reset().
    Ledger report() { return Ledger::parse(child_.next_line()); }
    Ledger run_round();
    // Started with --hold: runs until the node at the end of the round waits.
    void run_until_held();
    void release() { child_.send_line("release"); }
    void reset() { answer("reset", "reset"); }
    // Its exit status.
    std::optional<int> leave();

private:
    void answer(const std::string& line, const std::string& wanted);

    Child child_;
};

}  // namespace flowtap::system_test

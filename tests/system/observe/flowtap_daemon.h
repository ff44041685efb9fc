// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "child.h"
#include "exposition.h"

namespace flowtap::system_test {

// `flowtap run` on a loopback port of the kernel's choice; serving once constructed, which is after its first
// attach round. Throws, with what it said, when it does not come to that.
class FlowtapDaemon {
public:
    enum class Listen { kAnyPort, kAsConfigured };

    // launcher: a program that becomes flowtap, such as setpriv with its options. log_file: where the
    // launcher sends the log, as flowtap sees the path; empty: to the test.
    explicit FlowtapDaemon(const std::vector<std::string>& options, Listen listen = Listen::kAnyPort,
                           const std::vector<std::string>& launcher = {}, std::string log_file = {});

    Child& child() { return child_; }
    [[nodiscard]] const Child& child() const { return child_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    // All that it said so far.
    [[nodiscard]] std::string log() const;
    // Whether it said that it attached to the process.
    [[nodiscard]] bool has_attached(pid_t pid) const;
    [[nodiscard]] Exposition scrape() const;
    // Sends the signal and gives the exit status.
    std::optional<int> stop(int signal);

private:
    Child child_;
    std::string log_file_;
    std::uint16_t port_ = 0;
};

}  // namespace flowtap::system_test

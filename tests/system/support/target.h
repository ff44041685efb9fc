// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test {

// A program to observe: the test engine in one interpreter, or a native engine.
struct Target {
    std::string name;                  // for test names: letters, digits, underscores
    std::vector<std::string> program;  // without options; empty when it is not there
    std::vector<std::string> profile;  // options of flowtap
    std::string held_type;             // node_type of the node that --hold ends a round with
    Workload::Options load;  // options for some thousand executions on several threads, some failing

    [[nodiscard]] std::vector<std::string> command(const Workload::Options& options) const;
    // Options for flowtap to watch these processes.
    [[nodiscard]] std::vector<std::string> watch(const std::vector<const Workload*>& workloads) const;

    friend std::ostream& operator<<(std::ostream& out, const Target& target) { return out << target.name; }
};

Target python_target(const std::string& interpreter);
std::vector<Target> python_targets();
std::vector<Target> other_python_targets();
std::vector<Target> native_targets();
std::vector<Target> all_targets();

// Why it cannot run here; empty when it can.
std::string missing_program(const Target& target);

// Skips, with the reason, where the target's program is missing.
class TargetTest : public SystemTest, public testing::WithParamInterface<Target> {
protected:
    void SetUp() override;
    static const Target& target() { return GetParam(); }
};

inline std::string name_of_target(const testing::TestParamInfo<Target>& info) { return info.param.name; }

}  // namespace flowtap::system_test
